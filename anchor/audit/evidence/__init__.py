"""Evidence files: one breach each, with the bytes that prove it, for people who trust no auditor."""
