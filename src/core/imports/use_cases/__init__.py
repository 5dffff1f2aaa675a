"""Importing patients from files."""

from core.imports.use_cases.download_rejects import DownloadRejects
from core.imports.use_cases.list_rejects import ListRejects
from core.imports.use_cases.start_import import StartImport

__all__ = ["DownloadRejects", "ListRejects", "StartImport"]
