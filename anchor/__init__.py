"""Everything that touches a chain: reader, contract binding, signer, worker, audit, embedded node.

The package itself imports nothing, so that `anchor.reader` and `anchor.audit` stay on the standard library.
"""
