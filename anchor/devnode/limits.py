"""Every number the development chain is built on, each with its reason."""

DEVELOPMENT_CHAIN_ID = 9_104_523
"""Chain id of the development chain: seven digits, used by no public network known to us, below EIP-2294's bound."""

GAS_LIMIT = 30_000_000
"""Gas per block, for ever: mainnet's figure for years, and every transaction of this project fits many times."""

SUGGESTED_TIP = 10**9
"""Wei per gas answered by eth_maxPriorityFeePerGas: one gwei, what public nodes answer on a quiet day."""

MINIMUM_TIP = 1
"""Wei per gas below which the pool refuses: geth's default price limit."""

SAFE_DEPTH = 1
FINALITY_DEPTH = 2
"""Blocks by which `safe` and `finalized` lag behind `latest`: small, so that a person waits a second, but not zero."""

MAX_DEPTH = 10_000
"""Largest depth for finality, and for dev_reorg and dev_mine in one call: a typing error must not run for an hour."""

BLOCK_INTERVAL = 0.25
"""Seconds between the empty blocks that make the newest transactions final."""

MAX_AHEAD = 12
"""Seconds that the newest block's time may run ahead of the clock before block production waits: one mainnet slot,
a difference that whoever compares chain time with his own clock has to tolerate anyway."""

MAX_TIME = 2**53 - 1
"""Largest time in seconds that the tools accept: still exact as a number in every JSON reader."""

PRICE_BUMP_PERCENT = 10
"""A replacement must raise both fee fields by this much: geth's default."""

POOL_SIZE = 1024
"""Transactions in the pool. A full pool refuses and never evicts: what was acknowledged stays."""

POOL_PER_SENDER = 64
"""Transactions of one account in the pool: geth's default for queued ones."""

MAX_TRANSACTION_BYTES = 128 * 1024
"""Largest signed transaction: geth's pool limit."""

MAX_INITCODE_BYTES = 49_152
"""Largest creation code: EIP-3860."""

MAX_CALL_GAS = GAS_LIMIT
"""Gas of one eth_call: a call may do what a block may do, and no more."""

MAX_LOG_RANGE = 10_000
"""Blocks per eth_getLogs: public nodes commonly allow this many, so code that asks for more fails here too."""

MAX_LOGS = 10_000
"""Log entries per answer, for the same reason."""

MAX_LOG_ALTERNATIVES = 1000
"""Addresses, or values of one topic position, in one filter; SQLite allows 32,766 parameters in all."""

MAX_FEE_HISTORY = 1024
"""Blocks per eth_feeHistory: geth's limit."""

MAX_PERCENTILES = 100
"""Percentiles per eth_feeHistory: geth's limit."""

MAX_PROOF_SLOTS = 1024
"""Storage slots per eth_getProof: geth's limit."""

MAX_BODY_BYTES = 5 * 1024 * 1024
"""Largest HTTP request: geth's limit; the largest transaction is 256 kB of hexadecimal digits."""

MAX_NESTING = 64
"""Arrays and objects inside each other in a request: no method takes more than six."""

MAX_BATCH = 1000
"""Calls per batch: geth's limit."""

MAX_ANSWER_BYTES = 25 * 1000 * 1000
"""Largest answer to one HTTP request: geth's limit for batches."""

MAX_CONNECTIONS = 64
"""Open connections: each holds a thread; more clients than this are not a development machine."""

IDLE_SECONDS = 30.0
"""A connection that sends nothing for so long is closed."""
