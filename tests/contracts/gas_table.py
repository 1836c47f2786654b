"""Gas of putting one root on a chain: this contract beside a bare transaction, EAS and OpenAttestation's DocumentStore.

    python -m tests.contracts.gas_table

fetches the two packages by npm into a temporary directory, deploys everything on one embedded chain and prints the
table that stands in contracts/README.md. The product needs neither package.
"""

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from anchor.devnode import DevNode, serve
from anchor.jsonrpc import data, quantity
from tests.contracts.test_gas import STEADY
from tests.support.history import ADMIN, OPERATOR, PREFUND, History, Sender
from tests.support.specimen import sha

HEAD = ("what writes a root of 32 bytes", "gas", "gas of the deployment")


@dataclass(frozen=True)
class Package:
    """A published npm package, the SHA-512 of its archive, and the file in it that holds the bytecode."""

    name: str
    version: str
    sha512: str  # base64, as registries and lock files give it
    file: str

    def read(self, scratch: Path) -> str:
        """Fetch the archive, check it, and return the file."""
        command = ["npm", "pack", f"{self.name}@{self.version}", "--silent", "--pack-destination", str(scratch)]
        made = subprocess.run(command, check=True, capture_output=True, text=True, cwd=scratch).stdout.split()[-1]
        archive = scratch / made
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != self.sha512:
            raise SystemExit(f"{self.name} {self.version} is not the archive that is pinned here: {found}")
        with tarfile.open(archive) as packed:
            member = packed.extractfile(f"package/{self.file}")
            assert member is not None
            return member.read().decode()


EAS = Package(
    "@ethereum-attestation-service/eas-contracts",
    "1.9.0",
    "L60y1fgKlY3a45xxnPlgRbiGQY8RF/lF+AzF1iVoR7/aEzitS0Nuyyjq8+IXs1sSSU0dl2+yGSmELxVeB6FelA==",
    "artifacts/contracts/EAS.sol/EAS.json",
)
DOCUMENT_STORE = Package(
    "@govtechsg/document-store",
    "3.0.0",
    "RW13l0pCaxfWWuBjKR3he7ddMzz21I6Oh4R9uBN63/IrPq9yummFaEOKQw42izh01ybnoFng88D9uePwarLyhg==",
    "dist/contracts/factories/contracts/DocumentStore__factory.js",
)

Row = tuple[str, int, int | None]


def own_rows(sender: Sender) -> list[Row]:
    """A transaction that only carries the root, and this contract in the long run."""
    bare = sender.send(OPERATOR, bytes.fromhex(OPERATOR.address[2:]), sha("root"))
    history = History.begin(sender)
    made = sender.rpc.call("eth_getBlockByNumber", hex(history.deploy_block), True)["transactions"][0]["hash"]
    deployed = quantity(sender.rpc.call("eth_getTransactionReceipt", made)["gasUsed"])
    anchor = keccak(text="anchor(uint64,bytes32)")[:4]
    used = []
    for number in range(1, STEADY.stop):
        call = anchor + encode(["uint64", "bytes32"], [number, sha(f"root {number}")])
        used.append(quantity(sender.send(OPERATOR, history.contract, call)["gasUsed"]))
    steady = f"this contract, `anchor`, average of anchors {STEADY.start} to {STEADY.stop - 1}"
    return [
        ("a bare transaction with the root as calldata", quantity(bare["gasUsed"]), None),
        (steady, round(fmean(used[STEADY.start - 1 :])), deployed),
    ]


def others(sender: Sender) -> list[Row]:
    """EAS and DocumentStore, deployed from the bytecode that their authors published."""
    with tempfile.TemporaryDirectory() as scratch:
        eas = json.loads(EAS.read(Path(scratch)))["bytecode"]
        factory = DOCUMENT_STORE.read(Path(scratch))
    store = re.search(r'_bytecode = "(0x[0-9a-f]+)"', factory)
    assert store is not None
    schemas = encode(["address"], [ADMIN.address])  # any account will do: a timestamp asks no registry of schemas
    named = encode(["string", "address"], ["North Sea University", OPERATOR.address])
    return [
        _other(sender, f"EAS {EAS.version}, `timestamp`", eas, schemas, "timestamp(bytes32)"),
        _other(
            sender,
            f"OpenAttestation DocumentStore {DOCUMENT_STORE.version}, `issue`",
            store[1],
            named,
            "issue(bytes32)",
        ),
    ]


def _other(sender: Sender, name: str, bytecode: str, arguments: bytes, function: str) -> Row:
    """The second root: the first one may pay for what is set up once."""
    made = sender.send(ADMIN, None, bytes.fromhex(bytecode[2:]) + arguments)
    contract = data(made["contractAddress"], 20)
    for root in ("root 1", "root 2"):
        done = sender.send(OPERATOR, contract, keccak(text=function)[:4] + sha(root))
    return name, quantity(done["gasUsed"]), quantity(made["gasUsed"])


def table(rows: list[Row]) -> str:
    """As Markdown, cheapest first."""
    lines = [" | ".join(HEAD), "---|--:|--:"]
    for name, gas, deployed in sorted(rows, key=lambda row: row[1]):
        lines.append(f"{name} | {gas:,} | {'' if deployed is None else f'{deployed:,}'}")
    return "\n".join(f"| {line} |" for line in lines).replace("| ---|", "|---|").replace("--: |", "--:|")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        node = DevNode(Path(home) / "chain.db", prefund=PREFUND, block_interval=0)
        with node, serve(node) as server:
            sender = Sender(server.url)
            print(table(own_rows(sender) + others(sender)))


if __name__ == "__main__":
    main()
