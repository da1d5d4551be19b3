"""Files: stored by content, inspected, named, zipped. Knows no feature and writes no database row."""

from gkportal.storage.clamd import ScanResult, scan
from gkportal.storage.errors import FileDamaged, FileTooLarge, StorageError
from gkportal.storage.inspection import Inspection, InspectionWarning, Inspector, PhotoRule
from gkportal.storage.names import clean_filename, content_disposition, extension_refusal, member_name
from gkportal.storage.slots import Match, Slot, match_slot, name_warning, parse_numbered_name
from gkportal.storage.store import FileStore, StoredFile
from gkportal.storage.zips import zip_stream

__all__ = [
    "FileDamaged",
    "FileStore",
    "FileTooLarge",
    "Inspection",
    "InspectionWarning",
    "Inspector",
    "Match",
    "PhotoRule",
    "ScanResult",
    "Slot",
    "StorageError",
    "StoredFile",
    "clean_filename",
    "content_disposition",
    "extension_refusal",
    "match_slot",
    "member_name",
    "name_warning",
    "parse_numbered_name",
    "scan",
    "zip_stream",
]
