"""Append-only, hash-chained events: who did what to which thing, when, from where, with what result."""

from gkportal.audit.events import describe_chain, record, verify_chain
from gkportal.audit.models import AuditEvent

__all__ = ["AuditEvent", "describe_chain", "record", "verify_chain"]
