"""Inspection of uploads in a limited child process; see inspector.Inspector."""

from gkportal.storage.inspection.inspector import Inspector
from gkportal.storage.inspection.result import Inspection, InspectionWarning
from gkportal.storage.inspection.rules import PhotoRule

__all__ = ["Inspection", "InspectionWarning", "Inspector", "PhotoRule"]
