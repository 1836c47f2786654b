"""A13: others than the first node saw the same."""

from anchor.audit.properties.property import NOT_TRUSTED, Property
from anchor.audit.view import View


def check(view: View) -> str:
    """Witnesses on other hosts than the node that everything was read from. Cosignatures are not asked for."""
    if not view.trusted:
        return NOT_TRUSTED
    elsewhere = {one.host: one.agrees for one in view.witnesses if one.host != view.chain.rpc.host}
    for place, host in enumerate(sorted(elsewhere), 1):
        view.book.expect(
            "OthersSeeTheSame",
            elsewhere[host],
            f"host {place}",
            "eyes.disagree",
            "A node on another host shows another block or head.",
        )
    if elsewhere:
        return "cosignatures over the head: the registry publishes none"
    return "one host alone was asked, and there are no cosignatures; name nodes of others with --rpc"


EYES = Property(
    13,
    "other eyes",
    "nodes on other hosts show the same block and the same head",
    ("OthersSeeTheSame",),
    check,
)
