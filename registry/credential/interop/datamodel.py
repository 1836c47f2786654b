"""The W3C Verifiable Credentials Data Model 2.0 (and 1.1): what every credential and presentation must look like.

Open Badges have a schema of their own (`registry.credential.schema`); this is for credentials of any kind.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from registry.errors import FormatError
from registry.format.strictjson import pointer
from registry.format.times import parse_time
from registry.rdfc.contexts import VC_V1, VC_V2
from registry.rdfc.iri import is_absolute

MAX_CREDENTIALS = 100
"""Credentials in one presentation: each is verified by itself."""

ENVELOPED = "EnvelopedVerifiableCredential"
ENVELOPED_PRESENTATION = "EnvelopedVerifiablePresentation"
ENVELOPES = frozenset({ENVELOPED, ENVELOPED_PRESENTATION})

_SPEC = "See the W3C Verifiable Credentials Data Model 2.0"

Path = tuple[str | int, ...]


def check_credential(credential: Any, path: Path = ()) -> None:
    """Raises FormatError vc.* with a pointer at the first thing that is wrong."""
    _require_object(credential, path)
    base = _check_head(credential, path, "VerifiableCredential")
    _check_issuer(credential, path)
    _check_subjects(credential, path)
    times = ("validFrom", "validUntil") if base == VC_V2 else ("issuanceDate", "expirationDate")
    found = [_check_time(credential, name, path) for name in times]
    if base == VC_V1 and found[0] is None:
        raise _wrong((*path, "issuanceDate"), "The credential has no issuanceDate")
    if found[0] and found[1] and found[1] < found[0]:
        raise _wrong((*path, times[1]), "The credential ends before it begins")
    for name in ("name", "description"):
        check_text(credential.get(name), (*path, name))
    for name, with_id in _PARTS.items():
        for part, where in listed(credential, name, path):
            _check_part(part, where, with_id=with_id)
    for entry, where in listed(credential, "credentialStatus", path):
        _check_url(entry, "statusListCredential", where, required=False)
    check_resources(credential.get("relatedResource"), (*path, "relatedResource"))


_PARTS = {
    "credentialStatus": False,
    "credentialSchema": True,
    "refreshService": False,
    "termsOfUse": False,
    "evidence": False,
    "proof": False,
}
"""Members that are objects with a type, and whether they need an id."""


def check_presentation(presentation: Any, check_inner: Callable[[Any, Path], None] = check_credential) -> None:
    """Raises FormatError vc.* with a pointer. `check_inner` looks at each credential in it."""
    _require_object(presentation, ())
    _check_head(presentation, (), "VerifiablePresentation")
    holder = presentation.get("holder")
    if holder is not None:
        _check_id_of(holder, ("holder",), "The holder")
    credentials = list(listed(presentation, "verifiableCredential", ()))
    if len(credentials) > MAX_CREDENTIALS:
        problem = f"There are {len(credentials)} credentials, more than {MAX_CREDENTIALS}"
        raise _wrong(("verifiableCredential",), problem)
    for credential, where in credentials:
        _require_object(credential, where)
        if ENVELOPED in types_of(credential):
            check_envelope(credential, ENVELOPED, where)
        else:
            check_inner(credential, where)
    for part, where in listed(presentation, "proof", ()):
        _check_part(part, where, with_id=False)


def check_envelope(envelope: Any, needed: str, path: Path = ()) -> None:
    """An object around a token (sections 4.13.1 and 4.13.2), `needed` being its type. The token is not looked at."""
    _require_object(envelope, path)
    _check_head(envelope, path, needed)
    if not str(envelope.get("id", "")).startswith("data:"):
        raise _wrong((*path, "id"), "The id of an envelope is not a data: URL")
    others = envelope.keys() - {"@context", "id", "type"}
    if others:
        raise _wrong((*path, min(others)), "An envelope has other members, which its token does not secure")


def types_of(value: Mapping[str, Any]) -> list[Any]:
    """The types of an object, as a list."""
    types = value.get("type", [])
    return types if isinstance(types, list) else [types]


def id_of(value: Any) -> Any:
    """The id of an issuer or holder, which is a URL or an object."""
    return value.get("id") if isinstance(value, dict) else value


def check_text(value: Any, path: Path) -> None:
    """A name or description: text, or text with language and direction, or a list of these (section 11.1)."""
    for item, where in _items(value, path):
        if isinstance(item, str):
            continue
        if not isinstance(item, dict) or not isinstance(item.get("@value"), str):
            raise _wrong(where, "It is neither text nor text with a language")
        odd = item.keys() - {"@value", "@language", "@direction"}
        if odd:
            raise _wrong((*where, min(odd)), "A text with a language has no other members")
        if item.get("@direction", "ltr") not in ("ltr", "rtl"):
            raise _wrong((*where, "@direction"), "The direction is neither ltr nor rtl")


def check_resources(value: Any, path: Path) -> None:
    """Resources that the credential relies on (section 5.3): each with an id of its own and a digest."""
    seen = set()
    for item, where in _items(value, path):
        _require_object(item, where)
        _check_url(item, "id", where, required=True)
        if item["id"] in seen:
            raise _wrong((*where, "id"), "A resource is named twice")
        seen.add(item["id"])
        if not isinstance(item.get("digestSRI", item.get("digestMultibase")), str):
            raise _wrong(where, "A resource has neither digestSRI nor digestMultibase")


def _check_head(value: Mapping[str, Any], path: Path, needed: str) -> str:
    """Context, type and id; answers the base context."""
    contexts = value.get("@context")
    contexts = contexts if isinstance(contexts, list) else [contexts]
    base = contexts[0] if contexts else None
    if base not in (VC_V2, VC_V1):
        raise _wrong((*path, "@context"), f"The first context is not {VC_V2}")
    for index, context in enumerate(contexts):
        if not (isinstance(context, dict) or (isinstance(context, str) and is_absolute(context))):
            raise _wrong((*path, "@context", index), "A context is neither a URL nor an object")
    types = types_of(value)
    if not all(isinstance(name, str) for name in types) or needed not in types:
        raise _wrong((*path, "type"), f"The type does not name {needed}")
    _check_url(value, "id", path, required=False)
    return str(base)


def _check_issuer(credential: Mapping[str, Any], path: Path) -> None:
    where = (*path, "issuer")
    if "issuer" not in credential:
        raise _wrong(where, "The credential has no issuer")
    issuer = credential["issuer"]
    _check_id_of(issuer, where, "The issuer")
    if isinstance(issuer, dict):
        for name in ("name", "description"):
            check_text(issuer.get(name), (*where, name))


def _check_subjects(credential: Mapping[str, Any], path: Path) -> None:
    subjects = list(listed(credential, "credentialSubject", path))
    if not subjects:
        raise _wrong((*path, "credentialSubject"), "The credential is about nobody")
    for subject, where in subjects:
        _require_object(subject, where)
        if not subject:
            raise _wrong(where, "A subject says nothing")
        _check_url(subject, "id", where, required=False)


def _check_part(part: Any, path: Path, *, with_id: bool) -> None:
    _require_object(part, path)
    types = types_of(part)
    if not types or not all(isinstance(name, str) for name in types):
        raise _wrong((*path, "type"), "It has no type")
    _check_url(part, "id", path, required=with_id)


def _check_id_of(value: Any, path: Path, what: str) -> None:
    """A URL, or an object with a URL as its id."""
    if isinstance(value, dict):
        _check_url(value, "id", path, required=True)
    elif not isinstance(value, str) or not is_absolute(value):
        raise _wrong(path, f"{what} is neither a URL nor an object with one as its id")


def _check_url(value: Mapping[str, Any], name: str, path: Path, *, required: bool) -> None:
    if name not in value and not required:
        return
    if not isinstance(value.get(name), str) or not is_absolute(value[name]):
        raise _wrong((*path, name), "It is not an absolute URL")


def _check_time(credential: Mapping[str, Any], name: str, path: Path) -> datetime | None:
    if name not in credential:
        return None
    found = read_time(credential[name])
    if found is None:
        raise _wrong((*path, name), "It is not a time like 2026-06-30T10:00:00Z")
    return found


def read_time(value: Any) -> datetime | None:
    """A time; one without offset is in UTC (Verifiable Credentials 2.0, section 4.9.1). None for anything else."""
    return parse_time(value) or parse_time(f"{value}Z")


def _items(value: Any, path: Path) -> Iterator[tuple[Any, Path]]:
    """The values of a member that may be missing, one or a list."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield item, (*path, index)
    elif value is not None:
        yield value, path


def listed(value: Mapping[str, Any], name: str, path: Path = ()) -> Iterator[tuple[Any, Path]]:
    """The values of a member that may be missing, one or a list, each with its place. Raises FormatError for null."""
    if name in value and value[name] is None:
        raise _wrong((*path, name), "It is null")
    yield from _items(value.get(name), (*path, name))


def _require_object(value: Any, path: Path) -> None:
    if not isinstance(value, dict):
        raise _wrong(path, "It is not an object")


def _wrong(path: Sequence[str | int], problem: str) -> FormatError:
    return FormatError("vc.data-model", pointer(*path), problem, _SPEC)
