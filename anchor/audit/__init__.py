"""Audit a registry from the chain and its public export alone; names every promise that was broken.

    from anchor.audit.audit import audit
    from anchor.audit.source import open_source
    report = audit(open_source("./export"), ["https://node.example"], trust)

The package itself imports nothing, so that copying an export (`source`, `manifest`) needs no Ethereum library.
"""
