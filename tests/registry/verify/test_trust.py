"""trust: only what the verifier wrote down is believed."""

import pytest

from registry.errors import FormatError
from registry.verify import TrustProfile
from tests.support import specimen

TEXT = """
[[registry]]
name = "Example \\"Network\\""
chain_id = 11155111
contract = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
code_sha256 = "%s"
rpc = ["https://node.example", "http://127.0.0.1:8545"]
""" % ("ab" * 32)


def test_a_profile_is_read_and_written_back() -> None:
    profile = TrustProfile.parse(TEXT)
    (entry,) = profile.registries
    assert (entry.name, entry.contract, entry.status) == ('Example "Network"', specimen.CONTRACT, ())
    assert TrustProfile.parse(profile.to_toml()) == profile
    assert profile.find(11155111, specimen.CONTRACT) is entry
    assert profile.find(1, specimen.CONTRACT) is None
    assert profile.find(11155111, bytes(20)) is None
    assert entry.registry_id == specimen.REGISTRY_ID
    assert "closed" not in profile.to_toml()


def test_a_profile_may_pin_where_the_log_of_a_closed_registry_ends() -> None:
    profile = TrustProfile.parse(TEXT + 'closed_size = 41\nclosed_head = "%s"\n' % ("cd" * 32))
    (entry,) = profile.registries
    assert (entry.closed_size, entry.closed_head) == (41, b"\xcd" * 32)
    assert TrustProfile.parse(profile.to_toml()) == profile


def test_a_registry_is_a_test_unless_the_profile_says_otherwise() -> None:
    assert TrustProfile.parse(TEXT).registries[0].test is True
    assert TrustProfile.parse(TEXT + "test = false\n").registries[0].test is False


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ""),
        ("registry = 1", "/registry"),
        ("registry = []", "/registry"),
        ("x = 1\n" + TEXT, ""),
        ("not toml", ""),
        (TEXT + TEXT, "/registry"),
        (TEXT + "rcp = []\n", "/registry/0/rcp"),
        (TEXT.replace("rpc", "rcp"), "/registry/0/rpc"),
        (TEXT.replace("11155111", "0"), "/registry/0/chain_id"),
        (TEXT.replace("11155111", "true"), "/registry/0/chain_id"),
        (TEXT.replace("5FbDB", "5FbD"), "/registry/0/contract"),
        (TEXT.replace("abab", "zzzz"), "/registry/0/code_sha256"),
        (TEXT.replace('["https://node.example", "http://127.0.0.1:8545"]', "[]"), "/registry/0/rpc"),
        (TEXT.replace("https://node.example", "file:///etc/passwd"), "/registry/0/rpc"),
        (TEXT.replace("https://node.example", "https://"), "/registry/0/rpc"),
        (TEXT.replace("https://node.example", "https://[x"), "/registry/0/rpc"),
        (TEXT + 'status = "https://x.example"\n', "/registry/0/status"),
        (TEXT + 'test = "false"\n', "/registry/0/test"),
        (TEXT + "heartbeat_seconds = -1\n", "/registry/0/heartbeat_seconds"),
        (TEXT + "closed_size = 41\n", "/registry/0/closed_head"),
        (TEXT + 'closed_head = "%s"\n' % ("cd" * 32), "/registry/0/closed_head"),
        (TEXT + 'closed_size = 0\nclosed_head = "%s"\n' % ("cd" * 32), "/registry/0/closed_size"),
        (TEXT + 'closed_size = 41\nclosed_head = "cd"\n', "/registry/0/closed_head"),
        (TEXT.replace('"Example \\"Network\\""', '" "'), "/registry/0/name"),
    ],
)
def test_a_profile_that_is_not_as_it_must_be_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(FormatError) as caught:
        TrustProfile.parse(text)
    assert caught.value.code.startswith("trust.")
    assert caught.value.pointer == place
