from collections.abc import Sequence

import pytest
from attrs import evolve

from adapters.buffered.access_log import BufferedAccessLog
from adapters.buffered.buffer import MAX_WAITING
from core.access_log.entities import AccessAction, AccessEntry
from core.errors import Unavailable
from tests.fakes import NOW

NEVER = 3600.0
ENTRY = AccessEntry(at=NOW, actor="user:1", action=AccessAction.PATIENT_VIEWED)


class Store:
    """Keeps what it gets, and may fail."""

    def __init__(self) -> None:
        self.entries: list[AccessEntry] = []
        self.error: Exception | None = None

    def append(self, entries: Sequence[AccessEntry]) -> None:
        if self.error:
            raise self.error
        self.entries.extend(entries)


@pytest.mark.parametrize("error", [Unavailable(), RuntimeError("unforeseen")], ids=repr)
def test_entries_that_could_not_be_stored_are_kept_in_their_order(error: Exception) -> None:
    store = Store()
    log = BufferedAccessLog(store.append, NEVER)
    entries = [evolve(ENTRY, detail=str(number)) for number in range(5)]
    store.error = error
    for entry in entries[:3]:
        log.record(entry)
    log.flush()
    for entry in entries[3:]:
        log.record(entry)
    store.error = None
    log.flush()
    assert store.entries == entries


def test_records_are_unavailable_while_too_many_log_entries_wait() -> None:
    store = Store()
    store.error = Unavailable()
    log = BufferedAccessLog(store.append, NEVER)
    for _ in range(MAX_WAITING):
        log.record(ENTRY)
    with pytest.raises(Unavailable):
        log.record(ENTRY)
    store.error = None
    log.flush()
    log.record(ENTRY)
    log.flush()
    assert len(store.entries) == MAX_WAITING + 1
