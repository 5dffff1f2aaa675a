"""Importing patients from files."""

from core.imports.use_cases.correct_rejects import CorrectRejects
from core.imports.use_cases.download_rejects import DownloadRejects
from core.imports.use_cases.list_rejects import ListRejects
from core.imports.use_cases.start_import import StartImport
from core.imports.use_cases.uploads import KeepUpload, PreviewFile, PurgeUploads, ReadUpload, RemoveUpload
from core.imports.use_cases.view_rejects import ViewRejects

__all__ = [
    "CorrectRejects",
    "DownloadRejects",
    "KeepUpload",
    "ListRejects",
    "PreviewFile",
    "PurgeUploads",
    "ReadUpload",
    "RemoveUpload",
    "StartImport",
    "ViewRejects",
]
