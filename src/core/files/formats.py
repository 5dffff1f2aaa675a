"""File formats."""

from enum import StrEnum

ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""The first bytes of archives, including spreadsheets."""
_ALIASES = {"jsonl": "ndjson"}


class FileFormat(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"
    XLSX = "xlsx"
    ODS = "ods"

    @property
    def is_spreadsheet(self) -> bool:
        """Spreadsheets are read as the CSV of their first sheet."""
        return self in {FileFormat.XLSX, FileFormat.ODS}

    @property
    def written(self) -> "FileFormat":
        """The format of its rejects file."""
        return FileFormat.CSV if self.is_spreadsheet else self

    @classmethod
    def of_name(cls, file_name: str) -> "FileFormat":
        """By the extension of the name; CSV by default."""
        extension = file_name.rpartition(".")[2].lower()
        return cls(_ALIASES.get(extension, extension)) if extension in {*cls, *_ALIASES} else cls.CSV
