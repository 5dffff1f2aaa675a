from pathlib import Path
from typing import Protocol


class StoreCopies(Protocol):
    """Copies of the whole store, each in one file with a checksum file beside it."""

    def save(self, path: Path) -> None:
        """Writes a consistent copy while others read and write: with everything that was committed before the call.

        Raises `Conflict` if the file is there, and `Unavailable` if the copy cannot be made. Then there is no file.
        """
        ...

    def load(self, path: Path, *, replace: bool) -> None:
        """Makes the store what it was when the copy was made, or leaves its data as they are.

        Raises `Conflict` if the file is not as it was saved, or if the store has data and `replace` is false or others
        use it; `Unavailable` if the copy cannot be loaded.
        """
        ...
