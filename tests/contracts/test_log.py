"""The log: its head is the RFC 9162 tree of its events, whether asked, read from raw storage or computed anew."""

import hashlib
from collections.abc import Callable

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from registry.format import entries, merkle
from tests.support.definitions import head_by_definition
from tests.support.evm import CHAIN_ID, NO_PREDECESSOR, Entry, Evm, Registry, Reverted, address, role

MASK = (1 << 64) - 1


def sha(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def head_from_slots(registry: Registry) -> tuple[int, bytes]:
    """Size and head from storage slots 0 and 1 alone, as a proof under a block hash shows them."""
    word = registry.evm.storage(registry.address, 0)
    size, node = word & MASK, b""
    for level in range(size.bit_length()):
        if size >> level & 1:
            slot = int.from_bytes(keccak(encode(["uint256", "uint256"], [level, 1])), "big")
            peak = registry.evm.storage(registry.address, slot).to_bytes(32, "big")
            node = hashlib.sha256(b"\x01" + peak + node).digest() if node else peak
    return size, node


def actions(registry: Registry) -> list[Callable[[], object]]:
    """One call of every kind that writes entries, in an order in which all are allowed."""
    did, key = "did:web:north-sea.example", b"\xed\x01" + sha("key")
    issuer, key_id = entries.issuer_id(did), entries.issuer_key_id(key)
    scope, now = sha("scope"), registry.evm.time
    send = registry.send
    return [
        lambda: send("operator", "anchor", 1, sha("root 1")),
        lambda: send("registrar", "addIssuer", did),
        lambda: send("registrar", "addKey", issuer, key),
        lambda: send("registrar", "suspendIssuer", issuer, sha("reason")),
        lambda: send("registrar", "reinstateIssuer", issuer, sha("reason")),
        lambda: send("registrar", "revokeKey", key_id),
        lambda: send("registrar", "markCompromised", key_id, now + 36),
        lambda: send("accreditor", "accredit", issuer, scope, now, now + 10_000, sha("decision")),
        lambda: send("accreditor", "withdrawAccreditation", issuer, scope, sha("reason")),
        lambda: send("admin", "grantRole", role("OPERATOR"), address("other")),
        lambda: send("admin", "revokeRole", role("OPERATOR"), address("other")),
        lambda: send("accreditor", "renounceRole", role("ACCREDITOR"), address("accreditor")),
        lambda: send("admin", "beginDefaultAdminTransfer", address("other")),
        lambda: send("admin", "cancelDefaultAdminTransfer"),
        lambda: send("admin", "changeDefaultAdminDelay", 60),
        lambda: send("admin", "rollbackDefaultAdminDelay"),
        *(lambda n=n: send("operator", "anchor", n, sha(f"root {n}")) for n in range(2, 20)),
        lambda: send("admin", "close", 10, address("other")),
    ]


def test_the_head_is_the_tree_of_all_events_after_every_kind_of_entry() -> None:
    registry = Registry()
    frontier = merkle.Frontier()
    for entry in registry.entries()[:-1]:
        frontier.append(entry.leaf)
    for act in [lambda: None, *actions(registry)]:
        act()
        log = registry.entries()
        frontier.append(log[-1].leaf)
        leaves = [entry.leaf for entry in log]
        size, head = registry.call("head")
        assert size == len(leaves)
        assert head == head_by_definition(leaves) == merkle.root_of(leaves, merkle.RFC9162) == frontier.root
        assert head_from_slots(registry) == (size, head)
    assert {entry.kind for entry in log} == set(range(16))
    assert [entry.position for entry in log] == list(range(len(log)))
    assert [entry.previous_block for entry in log[1:]] == [entry.block for entry in log[:-1]]


def test_an_inclusion_proof_of_any_entry_leads_to_the_head() -> None:
    registry = Registry()
    for act in actions(registry):
        act()
    tree = merkle.Tree([entry.leaf for entry in registry.entries()], merkle.RFC9162)
    size, head = registry.call("head")
    for entry in registry.entries():
        path = tree.path(entry.position)
        assert merkle.root_from_path(entry.leaf, entry.position, size, path, merkle.RFC9162) == head


def test_one_omitted_or_changed_event_shows_in_the_head() -> None:
    registry = Registry()
    log = registry.entries()
    _, head = registry.call("head")
    for entry in log:
        others = [each.leaf for each in log if each is not entry]
        assert merkle.root_of(others, merkle.RFC9162) != head
        values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
        for field, other in (("kind", 99), ("subject", sha("x")), ("time", 1), ("block", 99), ("payload", b"")):
            forged = Entry(**values | {field: other})
            leaves = [forged.leaf if each is entry else each.leaf for each in log]
            assert merkle.root_of(leaves, merkle.RFC9162) != head, field


def test_the_log_begins_with_the_genesis_and_the_first_admin() -> None:
    before = (5, "0x" + "06" * 20, 7, sha("head"))
    for predecessor in (NO_PREDECESSOR, before):
        registry = Registry(predecessor=predecessor, roles=False)
        genesis, admin = registry.entries()
        assert (genesis.kind, genesis.position, genesis.previous_block) == (0, 0, 0)
        assert genesis.subject == entries.registry_id(CHAIN_ID, registry.address)
        types = ["uint64", "address", "uint64", "address", "uint64", "bytes32"]
        assert genesis.payload == encode(types, [CHAIN_ID, registry.address, *predecessor])
        assert genesis.actor == address("admin")
        assert (admin.kind, admin.subject, admin.payload) == (10, bytes(32), encode(["address"], [address("admin")]))


def test_entries_carry_the_payloads_that_auditors_decode() -> None:
    registry = Registry()
    now = registry.evm.time
    for act in actions(registry):
        act()
    other, key = address("other"), b"\xed\x01" + sha("key")
    issuer = entries.issuer_id("did:web:north-sea.example")
    operator, reason, scope = role("OPERATOR"), sha("reason"), sha("scope")
    wanted = [
        (1, sha("root 1"), encode(["uint64"], [1])),
        (2, issuer, encode(["string"], ["did:web:north-sea.example"])),
        (5, sha_of(key), encode(["bytes32", "bytes"], [issuer, key])),
        (3, issuer, reason),
        (4, issuer, reason),
        (6, sha_of(key), issuer),
        (7, sha_of(key), encode(["bytes32", "uint48"], [issuer, now + 36])),
        (8, issuer, encode(["bytes32", "uint48", "uint48", "bytes32"], [scope, now, now + 10_000, sha("decision")])),
        (9, issuer, scope + reason),
        (10, operator, encode(["address"], [other])),
        (11, operator, encode(["address"], [other])),
        (11, role("ACCREDITOR"), encode(["address"], [address("accreditor")])),
        (13, bytes(12) + other, encode(["address", "uint48"], [other, now + 12 * 12])),
        (14, bytes(32), b""),
        (15, bytes(32), encode(["uint48", "uint48"], [60, now + 14 * 12 + 60])),
        (15, bytes(32), encode(["uint48", "uint48"], [0, 0])),
    ]
    log = registry.entries()[5:]
    assert [(entry.kind, entry.subject, entry.payload) for entry in log[: len(wanted)]] == wanted
    assert log[-1].kind == 12
    assert log[-1].subject == bytes(12) + other
    assert log[-1].payload == encode(["uint64", "address"], [10, other])
    assert registry.call("successor") == (10, "0x" + other.hex())


def sha_of(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def test_slot_0_holds_the_tip_as_auditors_unpack_it() -> None:
    registry = Registry()
    receipt = registry.send("operator", "anchor", 1, sha("root"))
    word = registry.evm.storage(registry.address, 0)
    fields = [word & MASK, word >> 64 & ((1 << 48) - 1), word >> 112 & MASK, word >> 176 & MASK, word >> 240]
    assert fields == [6, receipt.time, receipt.block, 1, 0]
    assert registry.call("tip") == (6, receipt.time, receipt.block, 1, False)
    assert registry.evm.storage(registry.address, 2).to_bytes(32, "big") == sha("root")
    registry.send("admin", "close", 10, address("other"))
    assert registry.evm.storage(registry.address, 0) >> 240 == 1


@pytest.mark.parametrize("given", range(1, 15))
def test_half_a_predecessor_is_refused(given: int) -> None:
    full = (5, "0x" + "06" * 20, 7, sha("head"))
    half = [full[i] if given >> i & 1 else NO_PREDECESSOR[i] for i in range(4)]
    with pytest.raises(Reverted, match="BadPredecessor"):
        Registry(EVM, predecessor=half, roles=False)


EVM = Evm()
