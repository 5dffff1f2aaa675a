"""The use cases of matching."""

from core.matching.use_cases.duplicates import DecideDuplicate, Decision, ListDuplicates, ViewDuplicate
from core.matching.use_cases.list_merges import ListMerges
from core.matching.use_cases.match import MatchPatients
from core.matching.use_cases.merge import MergePatients
from core.matching.use_cases.start_scan import StartDuplicateScan
from core.matching.use_cases.undo_merge import UndoMerge

__all__ = [
    "DecideDuplicate",
    "Decision",
    "ListDuplicates",
    "ListMerges",
    "MatchPatients",
    "MergePatients",
    "StartDuplicateScan",
    "UndoMerge",
    "ViewDuplicate",
]
