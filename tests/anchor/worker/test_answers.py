"""What nodes answer to a broadcast, in the words of six clients, and which of several answers counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor.worker.answers import WINS, Meaning, best, meaning

TEXTS: dict[Meaning, tuple[str, ...]] = {
    Meaning.ACCEPTED: ("",),
    Meaning.KNOWN: (
        "already known",  # geth, reth, erigon
        "AlreadyKnown",  # nethermind
        "Known transaction",  # besu
        "known transaction: 0x3f1c",  # geth before 1.9.20
        "transaction already imported",  # anvil
    ),
    Meaning.NONCE_LOW: (
        "nonce too low: next nonce 3, tx nonce 0",  # geth, reth
        "nonce too low",  # erigon, anvil
        "Nonce too low",  # besu
        "OldNonce, Current nonce: 3, nonce of rejected tx: 0",  # nethermind
    ),
    Meaning.NONCE_HIGH: (
        "nonce too high: address 0x2B5A, tx: 9 state: 3",  # geth
        "Nonce too high",  # besu
        "NonceGap, Future nonce. Expected nonce: 3",  # nethermind
    ),
    Meaning.OUTBID: (
        "replacement transaction underpriced",  # geth, reth, anvil
        "Replacement transaction underpriced",  # besu
        "could not replace existing tx",  # erigon
        "ReplacementNotAllowed, existing tx has a higher fee",  # nethermind
    ),
    Meaning.UNDERPRICED: (
        "transaction underpriced: gas tip cap 0, minimum needed 1",  # geth
        "transaction underpriced",  # reth
        "underpriced",  # erigon
        "fee too low",  # erigon
        "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7",  # nethermind
        "FeeTooLowToCompete",  # nethermind
        "max fee per gas less than block base fee: address 0x2B5A, maxFeePerGas: 1, baseFee: 7",  # geth
        "max fee per gas less than block base fee",  # reth, anvil
        "Gas price below configured minimum gas price",  # besu
        "Gas price below current base fee",  # besu
    ),
    Meaning.FUNDS: (
        "insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1",  # geth
        "insufficient funds for gas * price + value: have 0 want 1",  # reth
        "Insufficient funds for gas * price + value",  # anvil
        "insufficient funds",  # erigon
        "InsufficientFunds, Account balance: 0, cumulative cost: 1",  # nethermind
        "Upfront cost exceeds account balance",  # besu
    ),
    Meaning.REFUSED: (
        "tx fee (1.20 ether) exceeds the configured cap (1.00 ether)",  # geth, reth
        "intrinsic gas too low: gas 1, minimum needed 21000",  # geth
        "intrinsic gas too low",  # reth, erigon, anvil
        "Intrinsic gas exceeds gas limit",  # besu
        "exceeds block gas limit",  # geth, reth
        "Transaction gas limit exceeds block gas limit",  # besu
        "transaction gas limit too high (cap: 16777216, tx: 30000000)",  # geth
        "GasLimitExceeded, Gas limit: 1, gas limit of rejected tx: 2",  # nethermind
    ),
    Meaning.WRONG: (
        "invalid chain id for signer: have 1 want 31337",  # geth
        "invalid chain ID",  # reth
        "Wrong chainId",  # besu
        "invalid sender",  # geth, reth
        "Invalid signature",  # besu
    ),
    Meaning.BUSY: (
        "txpool is full",  # geth, reth
        "pending sub-pool is full",  # erigon
        "Too Many Requests",
        "daily request count exceeded, request rate limited",
    ),
    Meaning.AMBIGUOUS: (
        "",  # stands for no answer at all; see `answers`
        "transaction type not supported",
        "unknown transaction type",  # not "known transaction"
        "future transaction tries to replace pending",
        "Internal error",
        "<html>502 Bad Gateway</html>",
    ),
}
ALL = [(kind, text) for kind, texts in TEXTS.items() for text in texts if text]


def example(kind: Meaning) -> str | None:
    return None if kind is Meaning.AMBIGUOUS else TEXTS[kind][0]


@pytest.mark.parametrize(("kind", "text"), ALL, ids=[text for _, text in ALL])
def test_a_clients_text_has_its_meaning_in_any_case_and_company(kind: Meaning, text: str) -> None:
    assert meaning(text) is kind
    assert meaning(text.upper()) is kind
    assert meaning(f"error: {text} (code -32000)") is kind


def test_no_answer_says_nothing_and_an_empty_one_success() -> None:
    assert set(TEXTS) == set(Meaning)
    assert meaning(None) is Meaning.AMBIGUOUS
    assert meaning("") is Meaning.ACCEPTED
    assert set(WINS) == {Meaning.ACCEPTED, Meaning.KNOWN}


@given(st.text(alphabet=st.characters(max_codepoint=0x2FFF), max_size=40))
def test_any_other_text_is_ambiguous_or_at_least_no_success(noise: str) -> None:
    # Whatever a node sends, only these words make us believe that it has the transaction.
    words = ("already known", "already imported", "known transaction", "alreadyknown")
    assert meaning(noise or None) not in WINS or any(word in noise.lower() for word in words)


@given(st.lists(st.sampled_from(list(Meaning)), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_best_of_several_answers_is_a_success_if_there_is_one_in_any_order(kinds: list[Meaning], random) -> None:
    answers = [example(kind) for kind in kinds]
    found = best(answers)
    assert found in answers
    assert (meaning(found) in WINS) is any(kind in WINS for kind in kinds)
    assert (meaning(found) is Meaning.AMBIGUOUS) is (set(kinds) == {Meaning.AMBIGUOUS})
    random.shuffle(answers)
    assert meaning(best(answers)) is meaning(found)
