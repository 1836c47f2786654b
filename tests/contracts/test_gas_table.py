"""The gas table of contracts/README.md, as far as it can be measured without a package registry: our own rows."""

from pathlib import Path

from anchor.devnode import DevNode, serve
from tests.contracts import gas_table
from tests.support.history import PREFUND, Sender

README = Path(__file__).parents[2] / "contracts" / "README.md"


def test_the_readme_says_what_an_anchor_and_the_deployment_cost(tmp_path: Path) -> None:
    with DevNode(tmp_path / "chain.db", prefund=PREFUND, block_interval=0) as node, serve(node) as server:
        rows = gas_table.table(gas_table.own_rows(Sender(server.url))).splitlines()
    assert len(rows) == 4
    assert set(rows) <= set(README.read_text("utf-8").splitlines())
