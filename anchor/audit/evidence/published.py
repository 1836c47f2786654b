"""`published`: what the registry publishes for an anchor does not lead to the root on the chain.

Nobody signs what is served, so no file can prove what was: the file proves the root, and the reader looks himself.
"""

from collections.abc import Iterator
from contextlib import closing

from anchor.audit.evidence.context import PROOF, Context, Needs
from anchor.audit.evidence.verdict import Shown
from anchor.audit.lines import AnchorLines
from anchor.audit.manifest import AnchorLine, BatchFile
from anchor.audit.source import ExportSource, Missing, batch_path
from anchor.bundle import slots
from registry.errors import FormatError
from registry.format import entries
from registry.format.merkle import root_of
from registry.verify.jsonfields import Fields

NAMES = frozenset({"number", "root", PROOF})


def check(material: Fields, context: Context) -> Iterator[Shown]:
    """The contract has `root` as anchor `number`; the reader's own look at the export finds no way to it."""
    number, root = material.integer("number"), material.binary("root", 32)
    found, _ = context.proved(material, lambda read: slots.anchored(read, root))
    if not number or found != number:
        raise FormatError("evidence.anchor", "/material/root", f"This is not the root of anchor {number}")
    if context.export is None:
        raise Needs(
            f"The file proves that anchor {number} has the root {root.hex()}. What the registry publishes for it is "
            "signed by nobody: look yourself, with --export and the registry's address or your copy of its export."
        )
    yield from _looked(context.export, context.trust.registry_id, number, root)


def _looked(export: ExportSource, registry: bytes, number: int, root: bytes) -> Iterator[Shown]:
    """Raises Unreachable where the export does not answer."""
    name = f"anchor {number}"
    line = _line(export, number)
    if line is None:
        yield Shown("anchor.orphan", f"The export has nothing of {name}, which is on the chain.")
        return
    if line.root != root:
        yield Shown(
            "anchor.other-root", f"The export names {line.root.hex()} as root of {name}, the chain {root.hex()}."
        )
    lists = line.list_hashes(registry)
    status_root = root_of(lists) if lists else entries.ZERO32
    if status_root != line.status_root:
        yield Shown("status.root", f"The status lists of {name} do not lead to the status root that the export names.")
    tree = [entries.entry_hash(entries.status_entry(registry, number, status_root))]
    for place in line.batches:
        try:
            batch = BatchFile.parse(export.read(batch_path(place)))
        except Missing:
            yield Shown("batch.missing", f"The export lists batch {place} in {name}, and does not have it.")
            return
        except FormatError as flaw:
            raise Needs(f"The export's {batch_path(place)} cannot be read ({flaw}): look at another copy.") from None
        if not batch.leaves or root_of(batch.leaves) != batch.root:
            for code in ("batch.root", "batch.root-merkletools"):
                yield Shown(code, f"The published leaves of batch {place}, in {name}, do not lead to its root.")
        key_id = entries.issuer_key_id(batch.multikey)
        tree.append(entries.entry_hash(entries.batch_entry(registry, place, batch.size, key_id, batch.root)))
    if root_of(tree) != root:
        yield Shown("anchor.root", f"What is published of {name} leads to {root_of(tree).hex()}, not to {root.hex()}.")


def _line(export: ExportSource, number: int) -> AnchorLine | None:
    with closing(AnchorLines(export, number, lambda _place, _line: None)) as lines:
        return lines.get(number)
