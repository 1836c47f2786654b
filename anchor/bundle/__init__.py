"""The portable bundle: a credential with everything that proves it under a block hash. See README.md here."""
