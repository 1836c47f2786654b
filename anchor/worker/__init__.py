"""The anchoring worker: brings sealed batches, status lists, issuers and keys to the contract, exactly once.

`Worker.tick()` does one round, `Worker.run(stop)` goes on until told to stop.
"""

from anchor.chain import ChainConfig
from anchor.worker.loop import Health, Worker
from anchor.worker.report import TickReport

__all__ = ["ChainConfig", "Health", "TickReport", "Worker"]
