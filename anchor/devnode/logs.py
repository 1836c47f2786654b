"""Searching event logs: eth_getLogs' filter, its limits, and the logs of one block."""

from typing import Any

from anchor.devnode import blockref, params
from anchor.devnode.chain import Chain
from anchor.devnode.database import Database
from anchor.devnode.errors import LIMIT_EXCEEDED, Fault, invalid, refused
from anchor.devnode.limits import MAX_LOG_ALTERNATIVES, MAX_LOG_RANGE, MAX_LOGS
from anchor.devnode.views import Json, data

TOPICS = 4
FIELDS = {"fromBlock", "toBlock", "blockHash", "address", "topics"}


class Logs:
    """Reads the log table. `max_range` is in blocks."""

    def __init__(self, database: Database, chain: Chain, max_range: int = MAX_LOG_RANGE) -> None:
        self._db = database
        self._chain = chain
        self._max_range = max_range

    def search(self, criteria: Any) -> list[Json]:
        """Canonical logs that match, in chain order. Raises Fault for a filter that is wrong or asks for too much."""
        if not isinstance(criteria, dict):
            raise invalid("a filter is an object with members such as fromBlock, address and topics")
        given = {key: value for key, value in criteria.items() if value is not None}
        if unknown := sorted(set(given) - FIELDS):
            raise invalid(f"a filter has no member {unknown[0]!r}")
        where, values = self._blocks(given)
        for condition, alternatives in _conditions(given):
            where.append(condition)
            values.extend(alternatives)
        found = self._select(" AND ".join(where), values, MAX_LOGS + 1)
        if len(found) > MAX_LOGS:
            raise Fault(LIMIT_EXCEEDED, f"query returned more than {MAX_LOGS} results; ask for fewer blocks at once")
        return found

    def of_block(self, block: bytes, number: int) -> list[Json]:
        """All logs of one block, canonical or not."""
        return self._select("number = ? AND block = ?", [number, block], -1)

    def _blocks(self, given: dict[str, Any]) -> tuple[list[str], list[Any]]:
        if "blockHash" in given:
            if "fromBlock" in given or "toBlock" in given:
                raise invalid("cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other")
            header = self._chain.by_hash(params.hash32(given["blockHash"]))
            if header is None:
                raise refused("unknown block")
            return ["number = ?", "block = ?"], [header.block_number, header.hash]
        first = self._number(given.get("fromBlock", "latest"))
        last = self._number(given.get("toBlock", "latest"))
        if first > last:
            raise invalid("invalid block range params: fromBlock lies after toBlock")
        last = min(last, self._chain.head.block_number)
        if last - first >= self._max_range:
            raise Fault(LIMIT_EXCEEDED, f"block range of {last - first + 1} is over the limit of {self._max_range}")
        canonical = "EXISTS (SELECT 1 FROM canonical AS c WHERE c.number = log.number AND c.hash = log.block)"
        return ["number BETWEEN ? AND ?", canonical], [first, last]

    def _number(self, value: Any) -> int:
        """A number may lie above the head: that part of the range is empty."""
        if isinstance(value, dict) or (isinstance(value, str) and len(value) == blockref.HASH_CHARACTERS):
            raise invalid("fromBlock and toBlock are numbers or tags, not hashes")
        header = blockref.find(self._chain, value)
        return params.quantity(value) if header is None else header.block_number

    def _select(self, where: str, values: list[Any], limit: int) -> list[Json]:
        rows = self._db.execute(
            f"SELECT * FROM log WHERE {where} ORDER BY number, position LIMIT {limit}",  # noqa: S608 (fixed texts only)
            tuple(values),
        )
        return [_json(row) for row in rows]


def _conditions(given: dict[str, Any]) -> list[tuple[str, list[bytes]]]:
    """SQL conditions with their values; a wildcard is no condition."""
    found = []
    if addresses := _alternatives(given.get("address"), 20, "an address"):
        found.append((_any_of("address", addresses), addresses))
    topics = given.get("topics", [])
    if not isinstance(topics, list):
        raise invalid("topics is an array")
    if len(topics) > TOPICS:
        raise invalid("exceed max topics: a log has at most four")
    for position, topic in enumerate(topics):
        if wanted := _alternatives(topic, 32, "a topic"):
            found.append((_any_of(f"topic{position}", wanted), wanted))
    if topics:  # geth: a filter with n positions matches only logs that have n topics, wildcards or not
        found.append((f"topic{len(topics) - 1} IS NOT NULL", []))
    return found


def _any_of(column: str, values: list[bytes]) -> str:
    return f"{column} IN ({','.join('?' * len(values))})"


def _alternatives(value: Any, length: int, what: str) -> list[bytes]:
    """One value, or any of several; null and the empty array allow everything."""
    if value is None:
        return []
    if not isinstance(value, list):
        return [params.fixed(value, length, what)]
    if len(value) > MAX_LOG_ALTERNATIVES:
        raise invalid(f"more than {MAX_LOG_ALTERNATIVES} alternatives for {what}")
    if None in value:
        return []
    return [params.fixed(entry, length, what) for entry in value]


def _json(row: tuple[Any, ...]) -> Json:
    number, block, position, tx_hash, tx_position, address, *topics, payload = row
    return {
        "address": data(address),
        "topics": [data(topic) for topic in topics if topic is not None],
        "data": data(payload),
        "blockNumber": hex(number),
        "blockHash": data(block),
        "transactionHash": data(tx_hash),
        "transactionIndex": hex(tx_position),
        "logIndex": hex(position),
        "removed": False,
    }
