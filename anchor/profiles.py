"""What is known of chains beforehand: when a block is final, how fast blocks come, what to pay at most, where to look.

A profile is data that the chain itself does not tell. Settings win over it. A chain that is not listed has the generic
profile, whose values are safe rather than fast: it asks for the tag `finalized` and never pays more than 100 gwei.
"""

from dataclasses import dataclass

from anchor.devnode.limits import DEVELOPMENT_CHAIN_ID

MAINNET, SEPOLIA, HOODI, ANVIL = 1, 11_155_111, 560_048, 31_337


@dataclass(frozen=True)
class Explorer:
    """A website that shows a chain to people. Templates with one field each: `{hash}`, `{number}`, `{address}`."""

    transaction: str
    block: str
    address: str

    def transaction_link(self, tx_hash: bytes) -> str:
        """Of a transaction, by its 32-byte hash."""
        return self.transaction.format(hash="0x" + tx_hash.hex())

    def block_link(self, number: int) -> str:
        """Of a block."""
        return self.block.format(number=number)

    def address_link(self, address: bytes) -> str:
        """Of an account or a contract, by its 20 bytes."""
        return self.address.format(address="0x" + address.hex())


def explorer_at(origin: str) -> Explorer:
    """An explorer with the paths that Etherscan and Blockscout share, at `origin` (no slash at its end)."""
    return Explorer(f"{origin}/tx/{{hash}}", f"{origin}/block/{{number}}", f"{origin}/address/{{address}}")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One chain. Fees in gwei per gas, times in seconds."""

    name: str
    test: bool | None  # None: not known here, the operator's settings say so
    block_seconds: float  # between two blocks in the usual course; 0: blocks come with transactions alone
    finality_depth: int | None = None  # None: the tag `finalized`; else so many blocks below the newest
    max_fee_gwei: float
    min_tip_gwei: float = 0.1  # below it many nodes do not take a transaction into their pool
    bump_after_blocks: int = 5
    explorer: Explorer | None = None


GENERIC = Profile(name="unknown chain", test=None, block_seconds=12, max_fee_gwei=100)
"""Any chain by its id. One without the tag `finalized` needs CREDANCHOR_FINALITY_DEPTH: a guess is no finality."""

PROFILES: dict[int, Profile] = {
    # Base fees above 100 gwei are rare and pass within hours; an anchor can wait as long as a heartbeat.
    MAINNET: Profile(
        name="Ethereum", test=False, block_seconds=12, max_fee_gwei=100, explorer=explorer_at("https://etherscan.io")
    ),
    # Load tests drive the base fee of test networks to hundreds of gwei for days; their ether costs nothing but a visit
    # to a faucet.
    SEPOLIA: Profile(
        name="Sepolia",
        test=True,
        block_seconds=12,
        max_fee_gwei=500,
        explorer=explorer_at("https://sepolia.etherscan.io"),
    ),
    HOODI: Profile(
        name="Hoodi", test=True, block_seconds=12, max_fee_gwei=500, explorer=explorer_at("https://hoodi.etherscan.io")
    ),
    ANVIL: Profile(name="anvil", test=True, block_seconds=0, max_fee_gwei=200),
    DEVELOPMENT_CHAIN_ID: Profile(name="embedded development chain", test=True, block_seconds=0, max_fee_gwei=200),
}
"""By chain id (EIP-155)."""


def profile(chain_id: int) -> Profile:
    """The profile of a chain; the generic one for a chain that is not listed."""
    return PROFILES.get(chain_id, GENERIC)


def is_test(chain_id: int | None) -> bool:
    """Whether a chain is known to be a test; False for one that is not known, or none."""
    return chain_id is not None and profile(chain_id).test is True
