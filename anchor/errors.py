"""Every error the chain side raises on purpose; each holds data and builds its sentence from it.

    AnchorError
    ├── Unreachable        a node did not answer, or not usably: says nothing about what was asked
    ├── RpcError           (in jsonrpc) the node understood and said no; what its text means is in `worker.answers`
    ├── Reverted           the contract said no (name and arguments of its error)
    ├── WrongChain         a node serves another chain than configured
    ├── WrongContract      what is at the address is not our contract
    ├── Inconsistent       the answers of one node contradict each other; ask again
    ├── Halted             chain and database contradict each other; nothing is sent until a person has looked
    ├── InsufficientFunds  the account cannot pay for what is to be sent
    └── SignerError        a key that cannot be used, or a signature that is not what was asked for

"Could not look" and "is wrong" share no parent below AnchorError. None carries a password, a key or a node's token.
"""

from collections.abc import Sequence

from registry.verify import evidence


class AnchorError(Exception):
    """Parent of all errors of this package."""


class Unreachable(AnchorError, evidence.Unreachable):
    """`endpoint` (without secrets) did not answer, or not usably: `problem`."""

    def __init__(self, endpoint: str, problem: str) -> None:
        Exception.__init__(self, endpoint, problem)
        self.endpoint = endpoint
        self.problem = problem

    def __str__(self) -> str:
        return evidence.Unreachable.__str__(self)


class WrongChain(AnchorError, evidence.WrongChain):
    """A node serves chain `found` instead of `expected`; its answers are not used."""

    def __init__(self, expected: int, found: int) -> None:
        Exception.__init__(self, expected, found)
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return evidence.WrongChain.__str__(self)


class Reverted(AnchorError):
    """The contract refused: `name` is its error, `arguments` what it says; name "" when it gave none we know."""

    def __init__(self, name: str, arguments: Sequence[object]) -> None:
        super().__init__(name, tuple(arguments))
        self.name = name
        self.arguments = tuple(arguments)

    def __str__(self) -> str:
        shown = ", ".join("0x" + one.hex() if isinstance(one, bytes) else str(one) for one in self.arguments)
        return f"The contract refused: {self.name or 'without a reason'}({shown})."


class WrongContract(AnchorError):
    """What stands at `address` (20 bytes) is not our contract: `problem`."""

    def __init__(self, address: bytes, problem: str) -> None:
        super().__init__(address, problem)
        self.address = address
        self.problem = problem

    def __str__(self) -> str:
        return f"0x{self.address.hex()} is not the registry contract: {self.problem}."


class Inconsistent(AnchorError):
    """What a node told in one round does not fit together (a reorg in between, logs left out): `problem`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"The node's answers do not fit together: {self.problem}. Nothing was changed; they are asked again."


class Halted(AnchorError):
    """Chain and database contradict each other. `code` is the alarm, `problem` and `remedy` are for the operator."""

    def __init__(self, code: str, problem: str, remedy: str) -> None:
        super().__init__(code, problem, remedy)
        self.code = code
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}. Nothing is sent. {self.remedy}."


class InsufficientFunds(AnchorError):
    """`address` (20 bytes) holds `have` wei and needs `need`."""

    def __init__(self, address: bytes, have: int, need: int) -> None:
        super().__init__(address, have, need)
        self.address = address
        self.have = have
        self.need = need

    def __str__(self) -> str:
        return f"0x{self.address.hex()} holds {self.have} wei and needs {self.need}. Send it more."


class SignerError(AnchorError):
    """A signing key cannot be used or answered wrongly: `problem`; what to do: `remedy`."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}." + (f" {self.remedy}." if self.remedy else "")
