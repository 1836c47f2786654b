"""What others do on the chain that the worker has to live with: full blocks, high prices, money, a nonce taken."""

from anchor.devnode.limits import GAS_LIMIT
from anchor.signer import KeySigner, Transaction
from tests.support.worksite import STRANGER, Site

GWEI = 10**9


def base_fee(site: Site) -> int:
    """Of the newest block, wei per gas."""
    return int(site.node.request("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)


def full_block(site: Site) -> None:
    """A block with room for nobody else: the base fee rises by an eighth, what is in the pool stays there."""
    if not pending(site, STRANGER):  # else dearer ones took its place in the last block, and it still waits
        # A creation whose first byte is INVALID burns all its gas at once.
        fields = (site.config.chain_id, site.sent(STRANGER), None, GAS_LIMIT, 500 * GWEI, 50 * GWEI, b"\xfe")
        site.node.request("eth_sendRawTransaction", "0x" + STRANGER.sign(Transaction(*fields)).hex())
    site.mine()
    assert int(site.node.request("eth_getBlockByNumber", "latest", False)["gasUsed"], 16) == GAS_LIMIT


def raise_base_fee(site: Site, above: int) -> None:
    """Full blocks until the base fee is higher than `above` wei per gas."""
    while base_fee(site) <= above:
        full_block(site)


def balance(site: Site, signer: KeySigner) -> int:
    """In wei."""
    return int(site.node.request("eth_getBalance", "0x" + signer.address.hex(), "latest"), 16)


TRANSFER_COST = 21_000 * 100 * GWEI


def pay(site: Site, sender: KeySigner, receiver: KeySigner, value: int) -> None:
    """Move `value` wei in a block of its own, at a price that does not depend on the base fee."""
    fields = (site.config.chain_id, site.sent(sender), receiver.address, 21_000, 100 * GWEI, 100 * GWEI, b"", value)
    site.node.request("eth_sendRawTransaction", "0x" + sender.sign(Transaction(*fields)).hex())
    site.mine()


def leave(site: Site, signer: KeySigner, wei: int) -> None:
    """Take everything but `wei` from an account."""
    pay(site, signer, STRANGER, balance(site, signer) - wei - TRANSFER_COST)
    assert balance(site, signer) == wei


def pending(site: Site, signer: KeySigner) -> list[str]:
    """Hashes of an account's transactions in the pool."""
    pool = site.node.request("txpool_content")
    return [
        tx["hash"]
        for part in ("pending", "queued")
        for sender, nonces in pool[part].items()
        if sender.lower() == "0x" + signer.address.hex()
        for tx in nonces.values()
    ]
