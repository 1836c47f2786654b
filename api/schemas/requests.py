"""Small JSON requests. Unknown fields are refused: a misspelt `expires_at` must not make a key that never expires."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api import times
from api.limits import MAX_NOTE_CHARS, MAX_URL_CHARS
from registry.credential.achievement.components import MAX_COMPONENTS
from registry.credential.stack import Form


def _time(text: str) -> str:
    times.read(text)
    return text


Time = Annotated[
    str,
    Field(max_length=40, examples=["2026-11-25T10:00:00Z"], json_schema_extra={"format": "date-time"}),
    AfterValidator(_time),
]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Request(BaseModel):
    """Parent of all: no unknown fields, no conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Empty(Request):
    """A request that says everything by its path: `{}` or no body at all."""


class NewIssuer(Request):
    """An organisation that will issue. `did` "did:key" makes a hosted key, whose did:key becomes its identity."""

    id: Name
    did: Annotated[str, Field(max_length=MAX_URL_CHARS)]
    profile: dict[str, Any]


class IssuerSettings(Request):
    """`lint`: what to do about credentials signed elsewhere that lack mandatory elements of a micro-credential."""

    lint: Literal["off", "warn", "require"]


class NewKey(Request):
    """A hosted key is made and kept here, encrypted; an external one is held elsewhere and named by its public half."""

    custody: Literal["hosted", "external"]
    multibase: Annotated[str, Field(max_length=100)] | None = None
    verification_method: Annotated[str, Field(max_length=MAX_URL_CHARS)] | None = None


class NewJwtKey(Request):
    """A key for JWTs: without `jwk` it is made and kept here, encrypted; with one it is held elsewhere."""

    jwk: dict[str, Any] | None = None
    verification_method: Annotated[str, Field(max_length=MAX_URL_CHARS)] | None = None


class Compromise(Request):
    """Since when a key was in other hands; may lie in the past, and only ever moves earlier."""

    since: Time


class NewBatch(Request):
    """`achievement` null is for credentials that the issuer signed itself.

    `unsigned`: the credentials get no proof of their own, only that of their batch; other verifiers find none to check.
    """

    issuer: Name
    achievement: Name | None
    unsigned: bool = False


class NewEndorsement(Request):
    """One party's word: `subject` is the id of the profile, achievement or credential that is endorsed."""

    subject: Annotated[str, Field(max_length=MAX_URL_CHARS)]
    comment: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1, max_length=500)] = "Endorsement"
    valid_until: Time | None = None


class NewStack(Request):
    """A credential for what `components`, whole credential files of one learner, make together.

    `learner` holds columns of a roster; what is left out is taken from the components, and `awarded_on` from today.
    `form`: a `certificate` is an Open Badge that commits to them by digests, a `clr` a ClrCredential that holds them.
    """

    achievement: Name
    form: Form = "certificate"
    learner: dict[Name, str | int | float] = {}
    components: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_COMPONENTS)]


class StackFiles(Request):
    """A credential and those that it may commit to, each a whole file."""

    credential: dict[str, Any]
    components: Annotated[list[dict[str, Any]], Field(max_length=MAX_COMPONENTS)]


class StatusChange(Request):
    """Why a credential is revoked, suspended or reinstated. The note is for people and goes with an erasure."""

    reason: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    note: Annotated[str, Field(max_length=MAX_NOTE_CHARS)] | None = None


class NewApiKey(Request):
    """`issuer` null makes a key for every issuer; `expires_at` null one that does not expire."""

    name: Name
    scopes: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=10)]
    issuer: Name | None = None
    expires_at: Time | None = None
