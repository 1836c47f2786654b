"""Compare what the log says with what the contract answers now; and the contract with the one that is trusted."""

import hashlib
import logging
from dataclasses import dataclass

from anchor.audit.log import TIP_SLOT, Tip
from anchor.audit.pinned import Pinned
from anchor.audit.replay import History
from anchor.audit.report import Book
from anchor.errors import Unreachable
from anchor.jsonrpc import JsonRpc
from registry.verify.evidence import WrongChain
from registry.verify.trust import RegistryTrust

_log = logging.getLogger(__name__)
"""Which node said what: the report names none, so that auditors who ask different nodes write the same one."""

PROXY_SLOTS = {
    "implementation": "360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc",
    "beacon": "a3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50",
    "admin": "b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103",
}
"""Storage slots of ERC-1967, https://eips.ethereum.org/EIPS/eip-1967: a contract behind a proxy could be replaced."""


def check_identity(book: Book, chain: Pinned, trust: RegistryTrust) -> bool:
    """Whether the trusted code, and no proxy, is at the trusted address."""
    invariant, subject = "RegistryIsTheOneTrusted", "contract"
    code = chain.code()
    if not book.expect(invariant, bool(code), subject, "contract.missing", "There is no contract at this address."):
        return False
    found = hashlib.sha256(code).digest()
    same = book.expect(
        invariant,
        found == trust.code_sha256,
        subject,
        "contract.code",
        "The contract at this address runs other code than the trust profile names.",
        trust.code_sha256.hex(),
        found.hex(),
    )
    for name, slot in PROXY_SLOTS.items():
        same &= book.expect(
            invariant,
            chain.slot(bytes.fromhex(slot)) == bytes(32),
            subject,
            "contract.proxy",
            f"The contract stores an ERC-1967 {name}: it may be a proxy.",
        )
    return same


def check_state(book: Book, chain: Pinned, history: History) -> None:
    """Issuers, keys, roles, the newest anchor and the closing, as the views answer them, against the replay."""
    _check_tip(book, chain, history)
    issuers = list(history.issuers.items())
    for (name, issuer), words in zip(
        issuers, chain.calls([("issuerOf(bytes32)", (name,)) for name, _ in issuers]), strict=True
    ):
        wanted = [issuer.added_at, int(issuer.suspended_now)]
        _same(book, f"issuer {issuer.did}", "issuer.state", wanted, _numbers(words), name)
    keys = list(history.keys.items())
    for (name, key), words in zip(keys, chain.calls([("keyOf(bytes32)", (name,)) for name, _ in keys]), strict=True):
        wanted = [int.from_bytes(key.issuer, "big"), key.added_at, key.revoked_at, key.compromised_at]
        _same(book, f"key {name.hex()}", "key.state", wanted, _numbers(words), name)
    pairs = sorted(history.seen_roles)
    answers = chain.calls([("hasRole(bytes32,address)", pair) for pair in pairs])
    for pair, words in zip(pairs, answers, strict=True):
        subject = f"role 0x{pair[0].hex()} of 0x{pair[1].hex()}"
        _same(book, subject, "role.state", [int(pair in history.roles)], _numbers(words), pair[0])


@dataclass(frozen=True)
class Witness:
    """A further node that answered: where it is, and whether it shows what the first one shows."""

    host: str
    agrees: bool


def check_witnesses(book: Book, chain: Pinned, others: list[str]) -> list[Witness]:
    """Ask further nodes for the same block and head. One that does not answer says nothing, and is no witness."""
    head = chain.call("head()")
    found = []
    for place, url in enumerate(others, 2):
        try:
            other = Pinned(JsonRpc(url), chain.chain_id, bytes.fromhex(chain.address[2:]), chain.block.number)
            same = other.block == chain.block and other.call("head()") == head
        except (Unreachable, WrongChain) as problem:
            _log.warning("Node %d could not be asked: %s", place, problem)
            book.note(f"Node {place} could not be asked, and is no witness.")
            continue
        agrees = book.expect(
            "EndpointsAgree",
            same,
            f"node {place}",
            "node.disagrees",
            "It shows another block or another head at the same height: one of the nodes shows a false chain.",
            chain.block.hash.hex(),
            other.block.hash.hex(),
        )
        if not agrees:
            _log.warning("Node %d, which disagrees, is %s", place, other.rpc.endpoint)
        found.append(Witness(other.rpc.host, agrees))
    return found


def _check_tip(book: Book, chain: Pinned, history: History) -> None:
    tip = Tip.unpack(chain.slot(TIP_SLOT))
    last = history.anchors[-1] if history.anchors else None
    wanted = [last.number, int.from_bytes(last.root, "big"), last.time] if last else [0, 0, 0]
    _same(book, "newest anchor", "anchor.latest", wanted, _numbers(chain.call("latestAnchor()")), b"")
    stored = [tip.anchors, int(tip.closed)]
    _same(book, "storage slot 0", "tip.state", [len(history.anchors), int(history.closed)], stored, b"")


def _same(  # noqa: PLR0917 (as Book.expect)
    book: Book, subject: str, code: str, wanted: list[int], found: list[int], name: bytes
) -> None:
    sentence = "The contract answers otherwise than its log says" + (f" (0x{name.hex()})." if name else ".")
    book.expect("StateFollowsTheLog", wanted == found, subject, code, sentence, _text(wanted), _text(found))


def _numbers(words: list[bytes]) -> list[int]:
    return [int.from_bytes(word, "big") for word in words]


def _text(numbers: list[int]) -> str:
    return ", ".join(hex(number) if number >> 64 else str(number) for number in numbers)
