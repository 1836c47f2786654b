"""Checking an evidence file: with your own trust profile and your own view of the chain, and without the auditor."""

from collections.abc import Callable

from anchor.audit.evidence.context import Context, Needs
from anchor.audit.evidence.file import Evidence
from anchor.audit.evidence.kinds import KINDS, Kind
from anchor.audit.evidence.verdict import Verdict
from anchor.audit.pinned import Pinned
from anchor.audit.source import ExportSource
from anchor.errors import Unreachable, WrongChain
from anchor.jsonrpc import JsonRpc
from registry.errors import FormatError
from registry.verify.jsonfields import Fields
from registry.verify.trust import RegistryTrust, TrustProfile

BlockHash = Callable[[int], bytes]
"""The hash of the block of this number (32 bytes), from a source that the reader trusts. Raises Unreachable."""


def verify_evidence(
    content: bytes, trust: TrustProfile, block_hash: BlockHash | None = None, export: ExportSource | None = None
) -> Verdict:
    """Whether the file proves what it accuses the registry of. Nothing in it is believed; nothing is raised."""
    try:
        evidence = Evidence.parse(content)
        kind = _kind(evidence)
        registry = trust.find(evidence.chain_id, evidence.contract)
        if registry is None:
            named = f"0x{evidence.contract.hex()} on chain {evidence.chain_id}"
            return Verdict(
                "unknown",
                f"The file accuses the registry {named}, which your trust profile does not name.",
                "Add the registry to your trust profile, from a source other than this file.",
            )
        context = Context(registry, export)
        fields = Fields(evidence.material, kind.names, ("material",))
        shown = next((one for one in kind.check(fields, context) if one.code == evidence.code), None)
    except FormatError as flaw:
        return Verdict("not_proved", f"The file does not hold together. {flaw}")
    except Needs as wanted:
        return Verdict("unknown", "It cannot be checked yet.", str(wanted))
    except Unreachable as away:
        return Verdict("unknown", "It cannot be checked yet.", str(away))
    if shown is None:
        return Verdict("not_proved", f"The material holds together, and shows nothing of {evidence.code}.")
    return _under_block(shown.sentence, context, block_hash)


def asked(url: str, trust: RegistryTrust) -> BlockHash:
    """The hash of a final block of the registry's chain, as the node at `url` knows it."""

    def look(number: int) -> bytes:
        rpc = JsonRpc(url)
        try:
            return Pinned(rpc, trust.chain_id, trust.contract, number).block.hash
        except WrongChain as other:
            raise Unreachable(rpc.endpoint, str(other)) from None

    return look


def _kind(evidence: Evidence) -> Kind:
    kind = KINDS.get(evidence.kind)
    if kind is None or kind.codes.get(evidence.code) != evidence.property_id:
        problem = "This kind of evidence is not known, or not for this finding"
        raise FormatError("evidence.kind", "/kind", problem, f"Known kinds are: {', '.join(KINDS)}")
    return kind


def _under_block(sentence: str, context: Context, block_hash: BlockHash | None) -> Verdict:
    """What was shown from storage holds if the block is one of the chain; only the reader can say that."""
    header = context.header
    if header is None:
        return Verdict("proved", sentence)
    if block_hash is None:
        return Verdict(
            "unknown",
            f"If block {header.number} has the hash 0x{header.hash.hex()}, this is proved: {sentence}",
            f"Look up the hash of block {header.number} at a node or explorer of your choice and give it with "
            "--block-hash, or name a node of your own with --rpc.",
        )
    try:
        known = block_hash(header.number)
    except Unreachable as away:
        return Verdict("unknown", "The block cannot be looked up.", str(away))
    if known != header.hash:
        return Verdict(
            "not_proved",
            f"The file speaks of block {header.number} with the hash 0x{header.hash.hex()}; yours has 0x{known.hex()}.",
        )
    return Verdict("proved", sentence)
