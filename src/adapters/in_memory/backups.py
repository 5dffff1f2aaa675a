from pathlib import Path

from core.backups.ports import StoreCopies
from core.errors import Unavailable


class NoStoreCopies(StoreCopies):
    def save(self, path: Path) -> None:
        raise Unavailable("A registry in memory has no backups.")

    def load(self, path: Path, *, replace: bool) -> None:
        raise Unavailable("A registry in memory has no backups.")
