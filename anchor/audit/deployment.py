"""Where the contract was deployed: its log's first entry says so, and so does its code, where old state is kept."""

import hashlib

from anchor.audit.log import Entry
from anchor.audit.pinned import Pinned
from anchor.audit.report import Book
from registry.verify.trust import RegistryTrust

INVARIANT = "DeploymentIsWhereItIsSaid"


def check(book: Book, chain: Pinned, trust: RegistryTrust, exported: int, genesis: Entry | None) -> str:
    """Hold the profile's deployment block, else the one of the export, against the chain.

    `genesis` is the log's first entry, which the constructor writes; None where the log is not complete. The head in
    storage commits to its block, so no old state is needed for it. What was not looked at, and why.
    """
    said = trust.deploy_block or exported
    book.expect(
        INVARIANT,
        exported == said,
        "registry.json",
        "deployment.export",
        "The export names another deployment block than the trust profile.",
        str(said),
        str(exported),
    )
    if genesis:
        book.expect(
            INVARIANT,
            genesis.block == said,
            "entry 0",
            "deployment.genesis",
            "The log's first entry, which the contract writes when it is deployed, is in another block.",
            str(said),
            str(genesis.block),
        )
    reasons = [] if trust.deploy_block else ["the trust profile names no deployment block, so the export's was taken"]
    if not _check_code(book, chain, trust, said):
        reasons.append("code in the blocks before and at deployment, whose state the node does not keep")
    return "; ".join(reasons)


def _check_code(book: Book, chain: Pinned, trust: RegistryTrust, said: int) -> bool:
    """Nothing in the block before, the trusted code in the block itself. Whether the node has that state."""
    if said > chain.block.number:
        sentence = "The contract is there already in an earlier block."
        return book.expect(INVARIANT, False, "contract", "deployment.earlier", sentence, str(said)) or True
    before, then = (chain.earlier(number) for number in (max(said - 1, 0), said))
    if before is None or then is None or not (before.keeps_state() and then.keeps_state()):
        return False
    book.expect(
        INVARIANT,
        before.code() == b"" or said == 0,
        "contract",
        "deployment.earlier",
        f"In block {said - 1}, before the one in which it is said to be deployed, there was code at its address.",
    )
    book.expect(
        INVARIANT,
        hashlib.sha256(then.code()).digest() == trust.code_sha256,
        "contract",
        "deployment.later",
        f"In block {said}, in which it is said to be deployed, its code was not at its address.",
    )
    return True
