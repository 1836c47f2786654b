"""Audit a registry from the chain and its public export alone; names every promise that was broken."""

from anchor.audit.audit import audit
from anchor.audit.report import INVARIANTS, AuditReport, Finding
from anchor.audit.source import open_source

__all__ = ["INVARIANTS", "AuditReport", "Finding", "audit", "open_source"]
