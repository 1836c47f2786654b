"""Bounds of what the HTTP API takes and gives, each with its reason."""

from registry.limits import MAX_DOCUMENT_BYTES

KIB = 1024
MIB = 1024 * KIB

MAX_SMALL_BODY = 64 * KIB
"""A JSON request that names things; the largest has a profile or a note in it."""

MAX_ACHIEVEMENT_BODY = MAX_DOCUMENT_BYTES
"""An achievement definition becomes part of every credential, so it cannot be larger than one."""

MAX_ROSTER_BODY = 32 * MIB
"""100,000 rows of 300 bytes. Held in memory once, because all rows are checked before any is written."""

MAX_SIGNED_BODY = 16 * MIB
"""The 1,000 credentials that the store checks at once, at 16 KiB; a batch can be filled by several requests."""

MAX_VERIFY_BODY = 16 * MIB
"""MAX_VERIFY_LINES credentials of 16 KiB, or one of MAX_DOCUMENT_BYTES."""

MAX_VERIFY_LINES = 1000
"""Credentials checked for one anonymous request; each costs chain queries and some milliseconds of RDF."""

MAX_PAGE_BODY = 9 * MIB
"""What a person may open on the page: the largest picture with a credential in it, and the form around it."""

MAX_SHARE_DAYS = 3660
"""Longest time that the learner may set for a share link: ten years; one without end can be ended at any time."""

MAX_ROW_ERRORS = 1000
"""Errors listed in one answer: more than anybody repairs before trying again; the count of all is given."""

MAX_WARNINGS = 100
"""Warnings of the lint in one answer: one kind of badge repeats the same few for each of its documents."""

MAX_BODY_SECONDS = 120
"""Time a client may take to send its body; MAX_ROSTER_BODY arrives in it at 2.5 Mbit/s."""

MAX_JSON_DEPTH = 16
"""Nesting of a small JSON request; an issuer profile has about 6 levels."""

PAGE_SIZE = 50
"""Items of a page when the client does not say."""

MAX_PAGE_SIZE = 200
"""Items of a page at most: an answer stays below a few hundred KiB."""

MAX_CURSOR_CHARS = 400
"""A cursor holds one time and one id."""

MAX_IDEMPOTENCY_KEY_CHARS = 200
"""The column's width; a UUID has 36."""

MAX_TOKEN_CHARS = 200
"""Length of a bearer token; ours have about 70."""

MAX_URL_CHARS = 2048
"""Length of a DID or URL in a request, as in the registry's own limits."""

MAX_NOTE_CHARS = 2000
"""A revocation note for people."""

YEAR_SECONDS = 31_536_000
"""`max-age` of what never changes: RFC 9111 advises against more."""

HOUR_SECONDS = 3600
"""`max-age` of a page whose facts never change: its words and looks may, with the next release."""

STATUS_MAX_AGE_SECONDS = 60
"""How long a status list may be cached: short, since it is what says that something was revoked."""

READY_SECONDS = 3
"""The chain question of /readyz: load balancers give up after about 5 s."""
