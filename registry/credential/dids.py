"""Decentralised identifiers of issuers: did:web with its address and document, did:key with its one key.

Standards: DID Core 1.0 (sections 3, 5), Controlled Identifiers 1.0 (section 2.2), the did:web and did:key methods.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from registry.credential.es256 import ALGORITHM
from registry.errors import FormatError
from registry.format.multibase import decode_multikey, encode_multikey
from registry.limits import MAX_URL_CHARS

WEB, KEY = "did:web:", "did:key:"
CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
JWK_CONTEXT = "https://w3id.org/security/jwk/v1"
MEDIA_TYPE = "application/did+json"

_ANY = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._-]")  # DID Core, section 3.1
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._-]|%[89A-F][0-9A-F])+")
_FRAGMENT = re.compile(r"[A-Za-z0-9._~:-]{1,200}")
_MAX_HOST_CHARS = 253
_HTTPS_PORT = 443
_SCHEME, _FILE, _WELL_KNOWN = "https://", "/did.json", ".well-known"


@dataclass(frozen=True)
class ListedKey:
    """An Ed25519 key an issuer has or had. `method` is the DID URL in its proofs; `ended`: revoked or compromised."""

    multikey: bytes  # 34 bytes
    method: str
    ended: bool


def check(did: str) -> None:
    """Raise FormatError format.did unless `did` is a DID that an issuer can have for ever.

    did:web is read strictly, did:key must be an Ed25519 key; of other methods only the general syntax is known here.
    """
    if len(did) > MAX_URL_CHARS or not _ANY.fullmatch(did):
        raise _flaw(f"{did[:100]!r} is not a DID", "Use one like did:web:university.example")
    if did.startswith(WEB):
        web_url(did)
    elif did.startswith(KEY):
        key_of(did)


def key_of(did: str) -> bytes:
    """The key that a did:key is, as 34 bytes. Raises FormatError format.did."""
    text = did.removeprefix(KEY)
    try:
        key = decode_multikey(text)
    except FormatError:
        key = b""
    if did == text or not key or encode_multikey(key) != text:
        raise _flaw(f"{did[:100]!r} is not an Ed25519 key as a DID", "It looks like did:key:z6Mk…")
    return key


def web_url(did: str) -> str:
    """The address of a did:web's document: did:web:a.example:x is https://a.example/x/did.json.

    One DID for one address, since DIDs are compared letter by letter: a host in lower case that is no IP address, a
    port as %3A and only if it is not 443, no path that a browser would rewrite. Raises FormatError format.did.
    """
    host, *path = did.removeprefix(WEB).split(":")
    if not did.startswith(WEB) or len(did) > MAX_URL_CHARS:
        raise _flaw(f"{did[:100]!r} is not a did:web", "It looks like did:web:university.example")
    name, percent, port = host.partition("%3A")
    _check_host(name)
    if percent and (not _PORT.fullmatch(port) or int(port) > 65535 or int(port) == _HTTPS_PORT):
        raise _flaw(f"{port[:20]!r} is not a port that is named in a did:web", "443 is left out")
    for segment in path:
        _check_segment(segment)
    if path == [_WELL_KNOWN]:
        raise _flaw("The path .well-known is where a did:web without path lives", f"Use {WEB}{host}")
    return _SCHEME + host.replace("%3A", ":") + "/" + "/".join(path or [_WELL_KNOWN]) + _FILE


def web_did(url: str) -> str:
    """The did:web whose document is at `url`; the inverse of `web_url`. Raises FormatError format.did."""
    address = url.removeprefix(_SCHEME).removesuffix(_FILE)
    host, *path = address.split("/")
    if path == [_WELL_KNOWN]:
        path = []
    did = WEB + ":".join([host.replace(":", "%3A"), *path])
    if web_url(did) != url:
        raise _flaw(f"{url[:100]!r} is not the address of a DID document", "It looks like https://a.example/x/did.json")
    return did


def check_method(did: str, multikey: bytes, method: str) -> None:
    """Raise FormatError format.verification-method unless `method` can name this key of `did` in its proofs.

    A name that looks like a multikey must be the key's own: some verifiers take the key from the name.
    """
    own = encode_multikey(multikey)
    prefix, _, name = method.partition("#")
    if prefix != did or not _FRAGMENT.fullmatch(name):
        raise _bad_method(f"{method[:100]!r} is not a key of {did}", "Use '<did>#<name>'")
    if name != own and (name.startswith("z6Mk") or did.startswith(KEY)):
        raise _bad_method(f"The name {name[:60]!r} is another key's", f"Use '<did>#{own}'")


def document(did: str, keys: Iterable[ListedKey]) -> dict[str, Any]:
    """The DID document of an issuer.

    The rule: `verificationMethod` lists every key the issuer ever had, so that an old proof finds its key.
    `assertionMethod` names those that may sign now: not revoked ones, and never compromised ones. When a key was what,
    is in the contract; a verifier that reads only this document refuses all proofs of a key that has ended, also those
    made before. To go over to a new key and keep old proofs good everywhere, add it and let the old one stay.

    Every id is absolute, `controller` is the DID. Raises FormatError format.verification-method for one id twice.
    """
    methods: list[dict[str, Any]] = []
    usable: list[str] = []
    for key in keys:
        text = encode_multikey(key.multikey)
        methods.append({"id": key.method, "type": "Multikey", "controller": did, "publicKeyMultibase": text})
        usable += [] if key.ended else [key.method]
    _check_unique(methods)
    return {"@context": list(CONTEXTS), "id": did, "verificationMethod": methods, "assertionMethod": usable}


def check_jwk_method(did: str, method: str) -> None:
    """Raise FormatError format.verification-method unless `method` can name a key of `did` that signs JWTs."""
    prefix, _, name = method.partition("#")
    if prefix != did or not _FRAGMENT.fullmatch(name) or name.startswith("z6Mk"):
        raise _bad_method(f"{method[:100]!r} is not a key for JWTs of {did}", "Use '<did>#<name>'")


def with_jwk(
    document: Mapping[str, Any], method: str, jwk: Mapping[str, str], *, ended: bool = False
) -> dict[str, Any]:
    """A copy of a DID document with one more key, for JWTs: a public JWK (RFC 7517), which says that it is for ES256.

    `ended` as in `document`: listed, and may not sign. Raises FormatError format.verification-method: `method` is no
    DID URL of the document's DID, or it is there already.
    """
    did = document["id"]
    check_jwk_method(did, method)
    entry = {"id": method, "type": "JsonWebKey", "controller": did, "publicKeyJwk": {**jwk, "alg": ALGORITHM}}
    methods = [*document["verificationMethod"], entry]
    _check_unique(methods)
    contexts = [*document["@context"], *([] if JWK_CONTEXT in document["@context"] else [JWK_CONTEXT])]
    usable = [*document["assertionMethod"], *([] if ended else [method])]
    return {**document, "@context": contexts, "verificationMethod": methods, "assertionMethod": usable}


def _check_unique(methods: list[dict[str, Any]]) -> None:
    if len({method["id"] for method in methods}) < len(methods):
        raise _bad_method("Two keys have the same name", "Give each key its own")


def _check_host(name: str) -> None:
    if len(name) > _MAX_HOST_CHARS or not _HOST.fullmatch(name):
        problem = f"{name[:100]!r} is not the name of a host in lower case"
        raise _flaw(problem, "Write did:web:host, or did:web:host%3A8000 with a port; other alphabets as xn--…")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", name.rpartition(".")[2]):  # what browsers read as an IPv4 address
        raise _flaw(f"{name[:100]!r} is not the name of a host", "A did:web names no IP address")


def _check_segment(segment: str) -> None:
    if segment in (".", "..") or not _SEGMENT.fullmatch(segment):
        remedy = "Use letters, digits, hyphens, dots and underscores; other alphabets as UTF-8 in %XX"
        raise _flaw(f"{segment[:100]!r} cannot be part of a did:web's path", remedy)
    try:
        unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise _flaw(f"{segment[:100]!r} is not UTF-8 in %XX", "Encode each byte of its UTF-8 form") from None


def _flaw(problem: str, remedy: str) -> FormatError:
    return FormatError("format.did", "/did", problem, remedy)


def _bad_method(problem: str, remedy: str) -> FormatError:
    return FormatError("format.verification-method", "/verification_method", problem, remedy)
