"""An audit of many anchors, in a process of its own, beside reading the same files and hashing alone."""

import hashlib
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.clock import best
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from anchor.audit.audit import audit
from anchor.audit.source import open_source
from anchor.devnode import DevNode, serve
from registry.verify import RegistryTrust
from tests.support.history import GWEI, LISTS, OPERATOR, PREFUND, History, Sender, leaves

UNSEEN = 200
"""Anchors that are sent before one of them is waited for."""

LISTS_CHANGE_EVERY = 10
"""Anchors between two versions of a status list: heartbeats and batches leave it as it is."""


class Sending:
    """Sends anchors one behind the other without waiting for each; the chain takes them in order."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._nonce = 0
        self._last = ""

    def __call__(self, _sender: Any, signature: str, *arguments: Any) -> int:
        """In place of `History.call`, for `anchor` alone."""
        sent = self._history.sender
        transaction = {
            "chainId": sent.chain_id, "nonce": self._nonce, "gas": 300_000, "maxFeePerGas": 100 * GWEI,
            "maxPriorityFeePerGas": GWEI, "value": 0, "to": self._history.contract,
            "data": keccak(text=signature)[:4] + encode(["uint64", "bytes32"], arguments),
        }  # fmt: skip
        raw = OPERATOR.sign_transaction(transaction).raw_transaction
        self._last = sent.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
        self._nonce += 1
        if self._nonce % UNSEEN == 0:
            self.wait()
        return 0

    def wait(self) -> None:
        """Until the last one is in a block."""
        rpc = self._history.sender.rpc
        while not (receipt := rpc.call("eth_getTransactionReceipt", self._last)):
            time.sleep(0.01)
        self._history.last_block = int(receipt["blockNumber"], 16)


def auditing(anchors: int, size: int, lists: int) -> None:
    """Make `anchors` anchors of a batch of `size` leaves and `lists` status lists each, and audit them."""
    begin = time.time()

    def ahead() -> float:  # each block is a second later than the one before
        return begin + (time.time() - begin) * 100

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        chain = place / "chain.db"
        with (
            DevNode(chain, prefund=PREFUND, finality_depth=0, safe_depth=0, wall=ahead) as node,
            serve(node) as server,
        ):
            history = _made(Sender(server.url), anchors, size, lists)
            export = history.write(place)
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                idle = pool.submit(_peak).result()
                seconds, looked_at, peak = pool.submit(_audited, str(export), server.url, history.trust).result()
            bare = best(lambda: _bare(export))
            rate = anchors * size / seconds
            print(f"\nauditing {looked_at}")
            print(f"  {'audit, node and files on this machine':<40} {seconds:>8.1f} s {rate:>10,.0f}/s")
            print(f"  {'reading, parsing and hashing alone':<40} {bare:>8.1f} s {bare / seconds:>9.0%} of the audit")
            print(f"  {'memory at most, and before it began':<40} {peak:>6.0f} MB, {idle:.0f} MB")


def _made(sender: Sender, anchors: int, size: int, lists: int) -> History:
    history = History.begin(sender)
    sending = Sending(history)
    history.call = sending  # type: ignore[method-assign]
    start = time.perf_counter()

    def version(place: int, number: int) -> Any:
        return history.status_list("revocation", number, range(number), url=f"{LISTS}-{place}")

    shown = [version(place, 1) for place in range(lists)]
    for number in range(1, anchors + 1):
        if lists and number % LISTS_CHANGE_EVERY == 0:
            change = number // LISTS_CHANGE_EVERY
            shown[change % lists] = version(change % lists, change // lists + 2)
        history.anchor(shown, [history.batch(number, leaves(f"bench {number}", size))])
        if number % 1000 == 0:
            print(f"  {number:,} anchors made, {time.perf_counter() - start:,.0f} s", file=sys.stderr)
    sending.wait()
    return history


def _audited(export: str, url: str, trust: RegistryTrust) -> tuple[float, str, float]:
    start = time.perf_counter()
    report = audit(open_source(export), [url], trust)
    seconds = time.perf_counter() - start
    if not report.clean:
        raise AssertionError(report.summary())
    return seconds, report.looked_at, _peak()


def _peak() -> float:
    """Most memory that this process ever held, in MB.

    Linux counts in ru_maxrss also what the process held that this one was forked from: here all of the history.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _bare(export: Path) -> None:
    """Every batch file read and parsed, and as many nodes hashed as its tree has."""
    for file in sorted((export / "batches").glob("*.json")):
        level = json.loads(file.read_bytes())["leaves"]
        hashes = [bytes.fromhex(leaf) for leaf in level]
        for _ in range(len(hashes) - 1):
            hashlib.sha256(hashes[0] + hashes[-1]).digest()
