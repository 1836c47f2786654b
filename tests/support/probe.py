"""A small contract that does on request what tests want to see: store, log, fail, loop, look around.

The first byte of the call data chooses the action; what follows are its arguments. Assembled here, so that the tests of
a node need no compiler.
"""

from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import TxReceipt

OPCODES = {
    "STOP": 0x00, "ADD": 0x01, "SUB": 0x03, "EQ": 0x14, "SHR": 0x1C, "ADDRESS": 0x30, "CALLDATALOAD": 0x35,
    "CALLDATASIZE": 0x36, "CALLDATACOPY": 0x37, "CODECOPY": 0x39, "BLOCKHASH": 0x40, "TIMESTAMP": 0x42,
    "NUMBER": 0x43, "CHAINID": 0x46, "BASEFEE": 0x48, "MSTORE": 0x52, "SLOAD": 0x54, "SSTORE": 0x55, "JUMP": 0x56,
    "JUMPI": 0x57, "GAS": 0x5A, "JUMPDEST": 0x5B, "DUP1": 0x80, "LOG0": 0xA0, "LOG1": 0xA1, "LOG2": 0xA2,
    "LOG4": 0xA4, "CALL": 0xF1, "RETURN": 0xF3, "REVERT": 0xFD, "INVALID": 0xFE,
}  # fmt: skip

STORED = "0x" + "57" * 32
"""Topic 0 of the event that `store` emits; topic 1 is the slot, the data is the value."""

ACTIONS = ("store", "fail", "load", "burn", "logs", "look", "invalid", "dive")

PROGRAM = f"""
0 CALLDATALOAD 248 SHR
{" ".join(f"DUP1 {number} EQ @{name} JUMPI" for number, name in enumerate(ACTIONS, 1))}
STOP
:store 33 CALLDATALOAD 1 CALLDATALOAD SSTORE
  33 CALLDATALOAD 0 MSTORE 1 CALLDATALOAD {STORED} 32 0 LOG2 STOP
:fail 1 CALLDATASIZE SUB DUP1 1 0 CALLDATACOPY 0 REVERT
:load 1 CALLDATALOAD SLOAD 0 MSTORE 32 0 RETURN
:burn @burn JUMP
:logs 0 0 LOG0 1 CALLDATALOAD 0 0 LOG1
  97 CALLDATALOAD 65 CALLDATALOAD 33 CALLDATALOAD 1 CALLDATALOAD 0 0 LOG4 STOP
:look NUMBER 0 MSTORE TIMESTAMP 32 MSTORE BASEFEE 64 MSTORE 1 NUMBER SUB BLOCKHASH 96 MSTORE CHAINID 128 MSTORE
  160 0 RETURN
:invalid INVALID
:dive CALLDATASIZE 0 0 CALLDATACOPY 1 SLOAD 1 ADD 1 SSTORE 0 0 CALLDATASIZE 0 0 ADDRESS GAS CALL STOP
"""


def assemble(program: str) -> bytes:
    """Words to code: opcode names, numbers to push, `:label` to jump to and `@label` to push its place."""
    code, labels, holes = bytearray(), {}, {}
    for word in program.split():
        if word.startswith(":"):
            labels[word[1:]] = len(code)
            code.append(OPCODES["JUMPDEST"])
        elif word.startswith("@"):
            code += b"\x61\0\0"
            holes[len(code) - 2] = word[1:]
        elif word in OPCODES:
            code.append(OPCODES[word])
        else:
            value = int(word, 0)
            length = max(1, (value.bit_length() + 7) // 8)
            code += bytes([0x5F + length]) + value.to_bytes(length, "big")
    for place, label in holes.items():
        code[place : place + 2] = labels[label].to_bytes(2, "big")
    return bytes(code)


RUNTIME = assemble(PROGRAM)
CREATION = assemble(f"{len(RUNTIME)} DUP1 14 0 CODECOPY 0 RETURN").ljust(14, b"\0") + RUNTIME


def do(action: str, *words: int) -> bytes:
    """Call data for an action with 32-byte arguments."""
    return bytes([ACTIONS.index(action) + 1]) + b"".join(word.to_bytes(32, "big") for word in words)


def fail(data: bytes) -> bytes:
    """Call data that makes the contract revert with these bytes."""
    return bytes([ACTIONS.index("fail") + 1]) + data


def signed(w3: Web3, account: LocalAccount, *, nonce: int | None = None, **fields: object) -> bytes:
    """A signed EIP-1559 transaction; what is not given is chosen so that it gets into the next block."""
    transaction = {
        "type": 2,
        "chainId": w3.eth.chain_id,
        "nonce": w3.eth.get_transaction_count(account.address, "pending") if nonce is None else nonce,
        "value": 0,
        "gas": 200_000,
        "maxFeePerGas": 5 * 10**9,
        "maxPriorityFeePerGas": 10**9,
    }
    return bytes(account.sign_transaction(transaction | fields).raw_transaction)


def send(w3: Web3, account: LocalAccount, **fields: object) -> TxReceipt:
    """Sign, send, and wait for the receipt."""
    sent = w3.eth.send_raw_transaction(signed(w3, account, **fields))
    return w3.eth.wait_for_transaction_receipt(sent, timeout=20, poll_latency=0.02)


def deploy(w3: Web3, account: LocalAccount) -> str:
    """The address of a new probe contract."""
    receipt = send(w3, account, data=CREATION)
    assert receipt["status"] == 1
    return str(receipt["contractAddress"])
