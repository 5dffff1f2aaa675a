"""Files of backups: written under another name until they are complete, with a checksum file beside each."""

import hashlib
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Conflict, Unavailable

_CHECKSUM = re.compile(r"([0-9a-f]{64})  .+\n")
_MAX_CHECKSUM_BYTES = 10_000


@contextmanager
def new_file(path: Path) -> Generator[Path]:
    """An empty file to write to, which only its owner may read. It becomes `path` unless an error is raised.

    Raises `Conflict` if there is a file already, and `Unavailable` if the directory takes none.
    """
    partial = path.with_name(f"{path.name}.partial")
    if path.exists():
        raise Conflict(f"{path} is there already.")
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise Conflict(f"{partial} is there already: another backup is under way, or was interrupted.") from None
    except OSError as error:
        raise Unavailable(f"{partial} cannot be written: {error.strerror}.") from None
    try:
        yield partial
        _write_checksum(path, _digest(partial))
        _sync(partial)
        partial.rename(path)
        _sync(path.parent)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)


def verify(path: Path) -> None:
    """Raises `Conflict` if the file is not as it was written, and `Unavailable` if it cannot be read."""
    try:
        with _checksum_file(path).open(errors="replace") as file:
            found = _CHECKSUM.fullmatch(file.read(_MAX_CHECKSUM_BYTES))
        if not found or found[1] != _digest(path):
            raise Conflict(f"{path} does not have the checksum that is in {_checksum_file(path).name}.")
    except OSError as error:
        raise Unavailable(f"{error.filename} cannot be read: {error.strerror}.") from None


def _checksum_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _write_checksum(path: Path, digest: str) -> None:
    """In the format of `sha256sum`. One without its backup is left from an interruption."""
    descriptor = os.open(_checksum_file(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{digest}  {path.name}\n")
        file.flush()
        os.fsync(descriptor)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
