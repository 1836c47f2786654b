"""A registry's history made by hand: entries written straight to the contract, and the export files that go with them.

Unlike the worker it does as it is told, also what no honest registry would do; that is what an auditor must see.
"""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from anchor.jsonrpc import JsonRpc, data, quantity
from contracts import artifact
from registry.format import bitstring, entries, merkle, strictjson
from registry.format.multibase import encode_multikey
from registry.verify import RegistryTrust
from tests.support.specimen import Key, sha

DID = "did:web:north-sea.example"
ISSUER = entries.issuer_id(DID)
LISTS = "https://registry.example/v1/status-lists/north-sea-1"
GWEI = 10**9
FINAL_SECONDS = 30


@cache
def account(name: str) -> LocalAccount:
    """An Ethereum account made from a name."""
    made: LocalAccount = Account.from_key(sha(f"account {name}"))
    return made


ADMIN, OPERATOR, REGISTRAR = account("admin"), account("operator"), account("registrar")
PREFUND = {one.address: 10**21 for one in (ADMIN, OPERATOR, REGISTRAR)}


class Sender:
    """Signs and sends transactions, one after the other, and waits for each."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.rpc = JsonRpc(url)
        self.chain_id = quantity(self.rpc.call("eth_chainId"))
        self._nonces: dict[str, int] = {}

    def send(self, sender: LocalAccount, to: bytes | None, calldata: bytes) -> dict[str, Any]:
        """The receipt; fails when the transaction did."""
        nonce = self._nonces.get(sender.address)
        if nonce is None:
            nonce = quantity(self.rpc.call("eth_getTransactionCount", sender.address, "latest"))
        transaction: dict[str, Any] = {
            "chainId": self.chain_id,
            "nonce": nonce,
            "gas": 6_000_000 if to is None else 600_000,
            "maxFeePerGas": 100 * GWEI,
            "maxPriorityFeePerGas": GWEI,
            "value": 0,
            "data": calldata,
        } | ({"to": to} if to else {})
        raw = sender.sign_transaction(transaction).raw_transaction
        tx_hash = self.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
        self._nonces[sender.address] = nonce + 1
        receipt = self._until(lambda: self.rpc.call("eth_getTransactionReceipt", tx_hash))
        assert receipt["status"] == "0x1", receipt
        return receipt

    def until_final(self, block: int) -> None:
        """Wait until `block` is finalized."""

        def final() -> bool:
            found = self.rpc.call("eth_getBlockByNumber", "finalized", False)
            return found is not None and quantity(found["number"]) >= block

        self._until(final)

    def _until(self, question: Any) -> Any:
        deadline = time.monotonic() + FINAL_SECONDS
        while not (answer := question()):
            assert time.monotonic() < deadline, "the chain does not go on"
            time.sleep(0.01)
        return answer


@dataclass
class History:
    """One contract and the export that belongs to it. `files` holds the export, path by path, as JSON values."""

    sender: Sender
    contract: bytes
    deploy_block: int
    anchors: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, Any] = field(default_factory=dict)
    last_block: int = 0

    @classmethod
    def begin(cls, sender: Sender, bytecode: bytes = b"") -> "History":
        """Deploy a contract with an operator and a registrar, and register one issuer with the key `KEY`.

        `bytecode`: of another contract with the same interface.
        """
        creation = (bytecode or artifact().bytecode) + encode(
            ["address", "uint48", "(uint64,address,uint64,bytes32)"],
            [ADMIN.address, 0, (0, "0x" + "00" * 20, 0, bytes(32))],
        )
        receipt = sender.send(ADMIN, None, creation)
        block = quantity(receipt["blockNumber"])
        history = cls(sender, data(receipt["contractAddress"], 20), block)
        for role, holder in (("OPERATOR_ROLE", OPERATOR), ("REGISTRAR_ROLE", REGISTRAR)):
            history.call(ADMIN, "grantRole(bytes32,address)", keccak(text=role), holder.address)
        history.call(REGISTRAR, "addIssuer(string)", DID)
        history.add_key(KEY)
        return history

    @property
    def registry_id(self) -> bytes:
        return entries.registry_id(self.sender.chain_id, self.contract)

    @property
    def trust(self) -> RegistryTrust:
        """A profile entry that believes this contract."""
        return RegistryTrust(
            "Test", self.sender.chain_id, self.contract, artifact().code_sha256, ("http://127.0.0.1:1",)
        )

    def call(self, sender: LocalAccount, signature: str, *arguments: Any) -> int:
        """Send a call to the contract; returns its block's time."""
        types = [kind for kind in signature[signature.index("(") + 1 : -1].split(",") if kind]
        receipt = self.sender.send(sender, self.contract, keccak(text=signature)[:4] + encode(types, arguments))
        self.last_block = quantity(receipt["blockNumber"])
        block = self.sender.rpc.call("eth_getBlockByNumber", receipt["blockNumber"], False)
        return quantity(block["timestamp"])

    def add_key(self, key: Key) -> int:
        """Register a key of the issuer."""
        return self.call(REGISTRAR, "addKey(bytes32,bytes)", ISSUER, key.multikey)

    def batch(self, number: int, leaves: Sequence[bytes], key: Key | None = None, signer: Key | None = None) -> int:
        """Write a batch's file; returns its number. `signer` signs in place of `key`."""
        key = key or KEY
        root = merkle.root_of(leaves)
        entry = entries.batch_entry(self.registry_id, number, len(leaves), key.key_id, root)
        self.files[f"batches/{number:08d}.json"] = {
            "number": number,
            "size": len(leaves),
            "key": encode_multikey(key.multikey),
            "signature": (signer or key).sign(entry).hex(),
            "root": root.hex(),
            "leaves": [leaf.hex() for leaf in leaves],
        }
        return number

    def status_list(
        self, purpose: str, version: int, bits: Iterable[int], key: Key | None = None, url: str = LISTS,
        *, size: int = 16_384, named: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Write a list's file; returns what an anchor's line says of it. `named`: the purpose that its id says."""
        key = key or KEY
        raw = bytearray(size)
        for bit in bits:
            raw[bit >> 3] |= 128 >> (bit & 7)
        list_id = f"{url}-{named or purpose}"
        document = {
            "id": list_id,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": DID,
            "validFrom": f"2026-11-25T00:00:{version:02d}Z",
            "credentialSubject": {"statusPurpose": purpose, "encodedList": bitstring.encode(bytes(raw))},
        }
        digest = strictjson.digest(document)
        self.files[f"lists/{digest.hex()}.json"] = document
        return {
            "id": list_id,
            "version": version,
            "digest": digest.hex(),
            "key": encode_multikey(key.multikey),
            "signature": key.sign(entries.list_entry(self.registry_id, list_id, version, digest)).hex(),
        }

    def anchor(
        self, lists: Sequence[dict[str, Any]], batches: Sequence[int], status_root: bytes | None = None,
        *, in_order: bool = True,
    ) -> int:  # fmt: skip
        """Anchor lists (put in order) and batches as they are in `files`; returns the time of the anchor."""
        number = len(self.anchors) + 1
        ordered = sorted(lists, key=lambda item: entries.list_hash(item["id"])) if in_order else list(lists)
        hashes = [self._list_hash(item) for item in ordered]
        root = status_root or (merkle.root_of(hashes) if hashes else bytes(32))
        tree = [entries.entry_hash(entries.status_entry(self.registry_id, number, root))]
        tree += [self._batch_hash(self.files[f"batches/{batch:08d}.json"]) for batch in batches]
        line = {
            "number": number,
            "root": merkle.root_of(tree).hex(),
            "status_root": root.hex(),
            "lists": ordered,
            "batches": list(batches),
        }
        self.anchors.append(line)
        return self.call(OPERATOR, "anchor(uint64,bytes32)", number, bytes.fromhex(line["root"]))

    def write(self, directory: Path) -> Path:
        """The export as files, once everything so far is final."""
        self.sender.until_final(self.last_block)
        registry = {
            "format": "credanchor-export/1",
            "chain_id": self.sender.chain_id,
            "contract": "0x" + self.contract.hex(),
            "registry_id": self.registry_id.hex(),
            "deploy_block": self.deploy_block,
        }
        for line in self.anchors:
            hashes = [self._batch_hash(self.files[f"batches/{batch:08d}.json"]).hex() for batch in line["batches"]]
            self.files[f"anchors/{line['number']:08d}.json"] = line | {"entries": hashes}
        for name in ("anchors", "batches", "lists"):
            (directory / name).mkdir(parents=True, exist_ok=True)
        for path, value in (self.files | {"registry.json": registry}).items():
            (directory / path).write_text(json.dumps(value))
        with (directory / "anchors.jsonl").open("w") as file:
            file.writelines(json.dumps(line) + "\n" for line in self.anchors)
        return directory

    def _list_hash(self, item: dict[str, Any]) -> bytes:
        digest = bytes.fromhex(item["digest"])
        return entries.entry_hash(entries.list_entry(self.registry_id, item["id"], item["version"], digest))

    def _batch_hash(self, batch: dict[str, Any]) -> bytes:
        key_id = entries.issuer_key_id(KEYS[batch["key"]].multikey)
        root = bytes.fromhex(batch["root"])
        return entries.entry_hash(entries.batch_entry(self.registry_id, batch["number"], batch["size"], key_id, root))


KEY, SECOND_KEY, STRANGER = Key("north sea 1"), Key("north sea 2"), Key("nobody")
KEYS = {encode_multikey(key.multikey): key for key in (KEY, SECOND_KEY, STRANGER)}


def leaves(name: str, count: int) -> list[bytes]:
    """Different leaves made from a name; what is in them does not matter to an auditor."""
    return [sha(f"leaf {name} {place}") for place in range(count)]
