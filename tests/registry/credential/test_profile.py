"""An issuer's profile is completed or refused before any badge needs it."""

from typing import Any

import pytest

from registry.credential.profile import complete
from registry.errors import FormatError
from tests.support.badges import DID


def test_what_a_profile_always_is_may_be_left_out() -> None:
    profile = {"name": "University", "address": {"addressCountryCode": "NL"}, "parentOrg": {"id": "did:web:u.example"}}
    assert complete(profile, DID) == {
        "type": ["Profile"],
        "id": DID,
        "name": "University",
        "address": {"type": ["Address"], "addressCountryCode": "NL"},
        "parentOrg": {"type": ["Profile"], "id": "did:web:u.example"},
    }
    assert complete(complete(profile, DID), DID) == complete(profile, DID)


@pytest.mark.parametrize(
    ("member", "value", "code", "where"),
    [
        ("url", "www.university.example", "schema.invalid", "/url"),
        ("address", {"type": "Address"}, "schema.invalid", "/address/type"),
        ("address", "Delft", "schema.invalid", "/address"),
        ("name", {"en": "University"}, "schema.invalid", "/name"),
        ("logo", "https://university.example/logo.png", "rdf.undefined-term", "/logo"),
        ("address", {"country": "NL"}, "rdf.undefined-term", "/address/country"),
        ("type", ["Organisation", "Profile"], "rdf.undefined-term", "/type/0"),
        ("@context", {"logo": "https://university.example/logo"}, "rdf.context", "/@context"),
    ],
)
def test_what_no_badge_can_carry_is_refused_with_its_place(member: str, value: Any, code: str, where: str) -> None:
    with pytest.raises(FormatError) as caught:
        complete({"name": "University", member: value}, DID)
    assert (caught.value.code, caught.value.pointer) == (code, where)
