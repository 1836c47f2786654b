"""The log under /log, read as the C2SP texts say by a reader that shares no code with the product."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.app import create_app
from api.services import Services
from api.settings import Settings
from registry.store import logkey
from registry.verify.trust import TrustProfile
from tests.support.bucket import bucket
from tests.support.bundling import Place, settled
from tests.support.commandline import credanchor
from tests.support.definitions import head_by_definition
from tests.support.exported import public_files
from tests.support.httpapi import Client

Read = Callable[[str], bytes]


class Reader:
    """A client of a tiled log, from the texts of signed-note, tlog-checkpoint, tlog-tiles and RFC 6962 alone."""

    def __init__(self, read: Read, vkey: str) -> None:
        self.read = read
        text, _, signatures = read("checkpoint").decode().partition("\n\n")
        name, key_hash, key = vkey.split("+", 2)
        self.origin, size, root = text.split("\n")
        mark, signer, blob = signatures.rstrip("\n").split(" ")
        signed = base64.b64decode(blob)
        assert (mark, signer, signed[:4].hex()) == ("\u2014", name, key_hash)
        public = base64.b64decode(key)
        assert public[0] == 1 and hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8] == key_hash
        Ed25519PublicKey.from_public_bytes(public[1:]).verify(signed[4:], text.encode() + b"\n")
        self.size, self.root = int(size), base64.b64decode(root)

    def level(self, level: int) -> list[bytes]:
        """All hashes of a level, tile by tile."""
        count, hashes = self.size >> 8 * level, b""
        for index in range(-(-count // 256)):
            width = min(256, count - 256 * index)
            hashes += self.read(f"tile/{level}/{index:03}" + (f".p/{width}" if width < 256 else ""))
        return [hashes[at : at + 32] for at in range(0, len(hashes), 32)]

    def entries(self) -> list[bytes]:
        assert self.size < 256
        content, found = self.read(f"tile/entries/000.p/{self.size}"), []
        while content:
            end = 2 + int.from_bytes(content[:2], "big")
            found.append(content[2:end])
            content = content[end:]
        return found


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path(index, leaves[:split]), head_by_definition(leaves[split:])]
    return [*path(index - split, leaves[split:]), head_by_definition(leaves[:split])]


def proof(first: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of RFC 6962, section 2.1.2."""
    if first == len(leaves):
        return [] if whole else [head_by_definition(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if first <= split:
        return [*proof(first, leaves[:split], whole), head_by_definition(leaves[split:])]
    return [*proof(first - split, leaves[split:], False), head_by_definition(leaves[:split])]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Place]:
    """A registry whose worker signs checkpoints."""
    with settled(tmp_path_factory.mktemp("log"), migrated_file) as made:
        yield made


@pytest.fixture
def web(place: Place) -> Client:
    settings = Settings.load(environ={}, data_dir=Path("unused"))
    return Client(create_app(Services(settings, place.store)))


def vkey(place: Place) -> str:
    key = logkey.public_key(place.store)
    assert key is not None
    return key.vkey


def over(web: Client) -> Read:
    return lambda name: web.get(f"/log/{name}").raise_for_status().content


def test_a_client_of_the_standards_reads_the_log_and_proves_every_entry_and_every_two_sizes(
    place: Place, web: Client
) -> None:
    reader = Reader(over(web), vkey(place))
    leaves = reader.level(0)
    assert head_by_definition(leaves) == reader.root and len(leaves) == reader.size > 5
    assert [hashlib.sha256(b"\0" + entry).digest() for entry in reader.entries()] == leaves
    for index in range(reader.size):
        told = web.get(f"/v1/log/inclusion?index={index}&size={reader.size}").json()
        assert [bytes.fromhex(one) for one in told["hashes"]] == path(index, leaves)
        assert told["leaf"] == leaves[index].hex() and told["root"] == reader.root.hex()
    for second in range(1, reader.size + 1):
        for first in range(1, second + 1):
            told = web.get(f"/v1/log/consistency?from={first}&to={second}").json()
            assert [bytes.fromhex(one) for one in told["hashes"]] == proof(first, leaves[:second])
            assert told["from_root"] == head_by_definition(leaves[:first]).hex()


def test_answers_may_be_kept_as_the_standard_says_and_what_is_not_in_the_log_is_not_found(web: Client) -> None:
    checkpoint = web.get("/log/checkpoint")
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    assert "no-cache" in checkpoint.headers["cache-control"]
    size = int(checkpoint.text.split("\n")[1])
    tile = web.get(f"/log/tile/0/000.p/{size}")
    assert tile.headers["content-type"] == "application/octet-stream"
    assert "immutable" in tile.headers["cache-control"]
    for name in ("0/000", f"0/000.p/{size + 1}", "0/000.p/0", "entries/000", "1/000.p/1", "0/0", "0/x000/001", "9/000"):
        assert web.get(f"/log/tile/{name}").status_code == 404, name
    for query in (f"from=1&to={size + 1}", "from=3&to=2"):
        assert web.get(f"/v1/log/consistency?{query}").status_code == 404
    for query in (f"index={size}&size={size}", f"index=0&size={size + 1}"):
        assert web.get(f"/v1/log/inclusion?{query}").status_code == 404


def test_with_the_registry_stopped_a_plain_file_server_with_its_export_serves_audit_log_and_verify(
    place: Place, web: Client, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    for name, content in public_files(place.store):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(content)
        if name.startswith("log/"):
            assert web.get(f"/{name}").content == content
    key, kept = logkey.public_key(place.store), tmp_path / "checkpoint"
    credential = tmp_path / "diploma.json"
    credential.write_bytes(place.files["valid"])
    with bucket(copy) as address:
        profile = tmp_path / "trust.toml"
        entry = replace(place.registry, status=(address,), log_key=key)
        profile.write_text(TrustProfile((entry,)).to_toml())
        trust = ("--trust", profile)
        audited = credanchor("audit", address, *trust, "--json")
        assert audited.code == 0, audited
        verified = credanchor("verify", credential, *trust, "--json")
        assert verified.code == 0, verified
        followed = credanchor("log", address, *trust, "--checkpoint", kept, "--json")
        assert followed.code == 0, followed
        assert kept.read_bytes() == (copy / "log/checkpoint").read_bytes()
        forged = (copy / "log/checkpoint").read_text().split("\n")
        forged[2] = base64.b64encode(bytes(32)).decode()
        (copy / "log/checkpoint").write_text("\n".join(forged))
        audited = credanchor("audit", address, *trust, "--json")
        assert '"served.checkpoint"' in audited.out, audited
        assert credanchor("log", address, *trust, "--checkpoint", kept).code == audited.code == 1
        assert kept.read_text() != "\n".join(forged)
        (copy / "log/checkpoint").write_bytes(kept.read_bytes())
        assert followed.json["size"] == Reader(lambda name: (copy / "log" / name).read_bytes(), vkey(place)).size
