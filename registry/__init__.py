"""What credentials, batches, proofs, status lists and verdicts are, and the store that keeps them. No chain, no web."""
