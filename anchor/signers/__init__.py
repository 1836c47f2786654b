"""Signers whose key is not in a key store here: a remote signer over JSON-RPC, and keys in a key management service.

Each is an `anchor.signer.Signer`; what they return is checked field by field before anything is done with it.
"""
