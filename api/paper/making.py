"""One PDF from one credential: what was given is attached byte for byte, and read back before anything is returned."""

from urllib.parse import urlsplit

from api.pages.catalogue import DEFAULT, catalogues
from api.paper import content, process
from api.paper.errors import PaperError
from registry.credential.baking import credential_in, image_kind, unbake
from registry.errors import FormatError
from registry.verify.document import CredentialFile, is_url, read

MAX_ADDRESS = 200
"""Characters of an address in the QR code: beyond it the squares are too small for a printed page and a plain phone."""

LISTS = "/v1/status-lists/"
"""What follows a registry's own address in the addresses of its status lists."""

VERIFY = "/verify"
"""The verification page's path on every registry."""


def make(
    credential: bytes, lang: str = DEFAULT, link: str | None = None, *, registry: str | None = None,
    test: bool | None = None,
) -> bytes:  # fmt: skip
    """A PDF/A-3a and PDF/UA-1 of one page with the credential's file attached; the same input gives the same bytes.

    `credential` is the JSON, or a picture or PDF that holds it. `link` leads to this credential (a share link) and
    stands in the QR code; without it the verification page at `registry` does, an origin without a slash at its end, by
    default the one that keeps the credential's status lists. `test`: whether the chain is a test; None: as its profile
    says. `lang` is a language of the pages, else English.
    Raises FormatError where the file is no credential, PaperError where the page cannot be made.
    """
    if image_kind(credential) is not None:
        credential = credential_in(credential)
    found = read(credential)
    where = _where(found, link, registry)
    known = catalogues()
    made = process.run(
        content.page(found, known.get(lang, known[DEFAULT]), where, test),
        {"credential": credential.decode(), "qr": _qr(where.address) if where.address else ""},
    )
    _reads_back(made, credential)
    return made


def _where(found: CredentialFile, link: str | None, registry: str | None) -> content.Where:
    if link is not None:
        return content.Where(_address(link), shared=True)
    home = _registry_of(found) if registry is None else registry
    return content.Where(_address(home + VERIFY) if home else "")


def _address(text: str) -> str:
    """Raises PaperError unless this is an http(s) address that can be printed."""
    if not is_url(text) or urlsplit(text).scheme not in ("http", "https") or not text.isascii():
        remedy = "Give it as it stands in a browser's address bar."
        raise PaperError("The link is not an http(s) address in ASCII.", remedy)
    if len(text) > MAX_ADDRESS:
        remedy = "Use a shorter one: printed, a QR code of more could not be read."
        raise PaperError(f"The link is longer than {MAX_ADDRESS} characters.", remedy)
    if "@" in urlsplit(text).netloc:
        raise PaperError("The link has a user name in it.", "Leave it out: whoever sees the page would have it.")
    return text


def _registry_of(found: CredentialFile) -> str:
    """The origin that keeps the credential's status lists; empty if it names none that look like a registry's."""
    given = found.document.get("credentialStatus")
    for entry in given if isinstance(given, list) else [given]:
        url = entry.get("statusListCredential") if isinstance(entry, dict) else None
        if isinstance(url, str) and is_url(url) and url.isascii() and url.startswith(("http://", "https://")):
            home, found_lists, _ = url.partition(LISTS)
            if found_lists and len(home + VERIFY) <= MAX_ADDRESS and "@" not in urlsplit(url).netloc:
                return home
    return ""


def _qr(address: str) -> str:
    """The QR code as an SVG text. Raises PaperError where the extra is missing."""
    try:
        import segno
    except ModuleNotFoundError as missing:
        raise process.extra_missing() from missing
    return str(segno.make(address, error="m", micro=False).svg_inline(border=2, dark="#1a1f24", light="#ffffff"))


def _reads_back(made: bytes, credential: bytes) -> None:
    try:
        same = unbake(made).data == credential
    except FormatError:
        same = False
    if not same:
        raise PaperError(
            "The PDF would not give the credential back to every reader.",
            "Its link has letters that mean something in a PDF: use another, or none.",
        )
