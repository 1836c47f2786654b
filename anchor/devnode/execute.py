"""eth_call and eth_estimateGas: executing a message on the state after a block, free and without a trace."""

from anchor.devnode.errors import REVERTED, Fault, refused
from anchor.devnode.evm import Evm, Refusal
from anchor.devnode.limits import MAX_CALL_GAS
from anchor.devnode.shapes import Call, Header, Outcome

ERROR_STRING = bytes.fromhex("08c379a0")
"""Selector of Error(string)."""

CALL_STIPEND = 2300
"""Gas that a value transfer adds to the callee; it must be there when the call is made."""

TOLERANCE = 0.015
"""An estimate may be this much too high, as geth's: each halving costs one execution."""

LEAST_GAS = 21_000

LAST_PRECOMPILE = 0x11
"""Addresses 1 to 17 are built-in programs without code (Prague)."""


class Executor:
    """Calls on one EVM."""

    def __init__(self, evm: Evm) -> None:
        self._evm = evm

    def call(self, header: Header, call: Call, gas: int | None) -> bytes:
        """The call's output. Raises Fault: code 3 with the revert's data, or -32000."""
        nonce = self._check_funds(header, call)
        outcome = self._run(header, call, min(gas or MAX_CALL_GAS, MAX_CALL_GAS), nonce)
        _raise_failure(outcome)
        return outcome.output

    def estimate(self, header: Header, call: Call, gas: int | None, fee_cap: int) -> int:
        """The least gas, within TOLERANCE, with which the call succeeds. Raises Fault when none does."""
        nonce = self._check_funds(header, call)
        high = min(gas or MAX_CALL_GAS, MAX_CALL_GAS)
        if fee_cap:
            _, balance, _ = self._evm.account(header, call.sender)
            high = min(high, (balance - call.value) // fee_cap)
        if high >= LEAST_GAS and self._is_transfer(header, call):
            return LEAST_GAS
        first = self._attempt(header, call, high, nonce)
        if first is None:
            raise refused(f"gas required exceeds allowance ({high})")
        _raise_failure(first)
        low = max(first.gas_used, LEAST_GAS) - 1
        # one 64th stays behind at every call, and refunds come after the fact: this guess is nearly always enough
        guess = (first.gas_used + first.refund + CALL_STIPEND) * 64 // 63
        if guess < high:
            low, high = (low, guess) if self._succeeds(header, call, guess, nonce) else (guess, high)
        while low + 1 < high and (high - low) / high > TOLERANCE:
            middle = min((low + high) // 2, low * 2)  # most need little: do not start in the middle of 30 million
            low, high = (low, middle) if self._succeeds(header, call, middle, nonce) else (middle, high)
        return high

    def _is_transfer(self, header: Header, call: Call) -> bool:
        """Money to an account without code: exactly LEAST_GAS, and nothing to try out."""
        if not call.to or call.data or call.access_list:
            return False
        return not self._evm.account(header, call.to)[2] and int.from_bytes(call.to, "big") > LAST_PRECOMPILE

    def _check_funds(self, header: Header, call: Call) -> int:
        nonce, balance, _ = self._evm.account(header, call.sender)
        if balance < call.value:
            who = f"address 0x{call.sender.hex()} have {balance} want {call.value}"
            raise refused(f"insufficient funds for gas * price + value: {who}")
        return nonce

    def _succeeds(self, header: Header, call: Call, gas: int, nonce: int) -> bool:
        outcome = self._attempt(header, call, gas, nonce)
        return outcome is not None and outcome.error is None and gas >= outcome.gas_used

    def _attempt(self, header: Header, call: Call, gas: int, nonce: int) -> Outcome | None:
        """None when the gas does not even reach the first instruction."""
        try:
            return self._evm.call(header, call, gas, nonce)
        except Refusal:
            return None

    def _run(self, header: Header, call: Call, gas: int, nonce: int) -> Outcome:
        try:
            return self._evm.call(header, call, gas, nonce)
        except Refusal as problem:
            raise refused(f"intrinsic gas too low or call not executable: {problem}") from problem


def _raise_failure(outcome: Outcome) -> None:
    if outcome.error is None:
        return
    if not outcome.reverted:
        raise refused(outcome.error)
    if not outcome.output:
        raise refused("execution reverted")
    reason = _reason(outcome.output)
    message = "execution reverted" if reason is None else f"execution reverted: {reason}"
    raise Fault(REVERTED, message, f"0x{outcome.output.hex()}")


def _reason(output: bytes) -> str | None:
    """The text of Error(string), if it is one and well formed."""
    if not output.startswith(ERROR_STRING) or len(output) < 4 + 64:
        return None
    length = int.from_bytes(output[36:68], "big")
    text = output[68 : 68 + length]
    return text.decode(errors="replace") if len(text) == length else None
