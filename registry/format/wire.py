"""The CBOR of a `merkle-proof-2019` proof value with the registry's own fields in it.

The outer form is Blockcerts' MerkleProof2019 in the JavaScript dialect (each hash is a CBOR byte string that holds CBOR
again); our fields are the value of one more integer key, which stock decoders ignore. FORMAT.md section 4.
"""

from typing import Any

from registry.errors import FormatError
from registry.format import cbor, entries, wirepattern
from registry.format.multibase import ED25519_PREFIX, MULTIKEY_BYTES, b58decode, b58encode
from registry.format.signature import SIGNATURE_BYTES
from registry.format.wirepattern import MAX_STEPS
from registry.format.wirepattern import Step as Step  # noqa: PLC0414 (part of this module's face)
from registry.format.wirepattern import Wire as Wire  # noqa: PLC0414
from registry.limits import MAX_INTEGER, MAX_PROOF_BYTES, MAX_PROOF_CHARS

VERSION = 1
_ROOT, _TARGET, _ANCHORS, _PATH, _OURS = 0, 1, 2, 3, 100
_ORDER = (_PATH, _ROOT, _TARGET, _ANCHORS, _OURS)  # as the JavaScript encoder writes them
_SIDES = wirepattern.SIDES
_CHAIN_ETHEREUM = 1
_OUR_FIELDS = 13


def write(wire: Wire) -> str:
    """Proof value text: "z", then base58btc of the CBOR."""
    ours = [
        VERSION,
        wire.chain_id,
        wire.contract,
        wire.batch,
        wire.index,
        wire.size,
        wire.multikey,
        wire.signature,
        wire.batch_length,
        wire.anchor_number,
        wire.anchor_index,
        wire.anchor_size,
        wire.anchor_length,
    ]
    values = {
        _PATH: [[_SIDES.index(side), _wrap(value)] for side, value in wire.path],
        _ROOT: _wrap(wire.merkle_root),
        _TARGET: _wrap(wire.target_hash),
        _ANCHORS: [[[0, _CHAIN_ETHEREUM], [1, wire.chain_id], [2, _wrap(wire.tx_hash)]]],
        _OURS: cbor.encode(ours),
    }
    return "z" + b58encode(cbor.encode([[key, values[key]] for key in _ORDER]))


def read(text: str) -> Wire:
    """Read a proof value. Raises FormatError format.proof-value, format.base58, format.cbor."""
    if not text.startswith("z"):
        raise _flaw("it is not base58btc multibase (z...)")
    data = b58decode(text[1:], MAX_PROOF_CHARS)
    if len(data) > MAX_PROOF_BYTES:
        raise _flaw(f"it has {len(data)} bytes, more than {MAX_PROOF_BYTES}")
    return wirepattern.read(data) or _read(data)


def _read(data: bytes) -> Wire:
    """Item by item, to say what is wrong; also for what the pattern leaves open."""
    pairs = _list(cbor.decode(data), len(_ORDER))
    if [pair[0] for pair in (_list(pair, 2) for pair in pairs)] != list(_ORDER):
        raise _flaw(f"its keys are not {', '.join(map(str, _ORDER))}, in this order")
    path, root, target, anchors, ours = (pair[1] for pair in pairs)
    tx_chain_id, tx_hash = _anchor(anchors)
    wire = _fields(path, root, target, tx_hash, ours)
    if tx_chain_id != wire.chain_id:
        raise _flaw("its transaction and its fields name different chains")
    return wire


def _fields(path: Any, root: Any, target: Any, tx_hash: bytes, ours: Any) -> Wire:
    fields = _list(cbor.decode(_bytes(ours, None)), _OUR_FIELDS)
    if fields[0] != VERSION:
        raise _flaw("its version is not 1")
    chain, contract, batch, index, size, multikey, signature, batch_length, number, place, among, anchor_length = (
        fields[1:]
    )
    if not _bytes(multikey, MULTIKEY_BYTES).startswith(ED25519_PREFIX):
        raise _flaw("its key is not an Ed25519 multikey")
    return Wire(
        path=_path(path),
        merkle_root=_unwrap(root, 32),
        target_hash=_unwrap(target, 32),
        tx_hash=tx_hash,
        chain_id=_integer(chain, 1),
        contract=_bytes(contract, 20),
        batch=_integer(batch, 1),
        index=_integer(index, 0),
        size=_integer(size, 1),
        multikey=multikey,
        signature=_bytes(signature, SIGNATURE_BYTES),
        batch_length=_integer(batch_length, 0),
        anchor_number=_integer(number, 1),
        anchor_index=_integer(place, 0),
        anchor_size=_integer(among, 1),
        anchor_length=_integer(anchor_length, 0),
    )


def _anchor(anchors: Any) -> tuple[int, bytes]:
    (anchor,) = _list(anchors, 1)
    chain, network, transaction = (_list(pair, 2) for pair in _list(anchor, 3))
    if chain != [0, _CHAIN_ETHEREUM] or network[0] != 1 or transaction[0] != 2:
        raise _flaw("its anchor is not an Ethereum transaction")
    return _integer(network[1], 1), _unwrap(transaction[1], 32)


def _path(value: Any) -> tuple[Step, ...]:
    if not isinstance(value, list) or not 2 <= len(value) <= MAX_STEPS:
        raise _flaw(f"its path is not a list of 2 to {MAX_STEPS} steps")
    steps: list[Step] = []
    for item in value:
        side, wrapped = _list(item, 2)
        if side not in (0, 1):
            raise _flaw("a step of its path is neither left nor right")
        steps.append((_SIDES[side], _unwrap(wrapped, None)))
    if steps[0][0] != "left" or len(steps[0][1]) != entries.LEAF_PREFIX_BYTES:
        raise _flaw("its path does not begin with a left step of 104 bytes")
    return tuple(steps)


def _wrap(value: bytes) -> bytes:
    return cbor.encode(value)


def _unwrap(value: Any, length: int | None) -> bytes:
    return _bytes(cbor.decode(_bytes(value, None), 0), length)


def _bytes(value: Any, length: int | None) -> bytes:
    if not isinstance(value, bytes) or (length is not None and len(value) != length):
        raise _flaw("a value is not a byte string" + (f" of {length} bytes" if length else ""))
    return value


def _integer(value: Any, least: int) -> int:
    if not isinstance(value, int) or not least <= value <= MAX_INTEGER:
        raise _flaw(f"a number does not lie between {least} and {MAX_INTEGER}")
    return value


def _list(value: Any, length: int) -> list[Any]:
    if not isinstance(value, list) or len(value) != length:
        raise _flaw(f"a value is not a list of {length}")
    return value


def _flaw(problem: str) -> FormatError:
    return FormatError("format.proof-value", "/proofValue", f"The anchor proof's value is malformed: {problem}")
