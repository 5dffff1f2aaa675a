"""What kinds of files are read."""

from enum import StrEnum

ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""What those begin with, spreadsheets among them."""
_ENDINGS = {"jsonl": "ndjson"}


class FileFormat(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"
    XLSX = "xlsx"
    ODS = "ods"

    @property
    def is_spreadsheet(self) -> bool:
        """Its first sheet is read as CSV, a record for each row."""
        return self in {FileFormat.XLSX, FileFormat.ODS}

    @property
    def written(self) -> "FileFormat":
        """What its rejects are written as."""
        return FileFormat.CSV if self.is_spreadsheet else self

    @classmethod
    def of_name(cls, file_name: str) -> "FileFormat":
        """By the name's ending; CSV where that says nothing."""
        ending = file_name.rpartition(".")[2].lower()
        return cls(_ENDINGS.get(ending, ending)) if ending in {*cls, *_ENDINGS} else cls.CSV
