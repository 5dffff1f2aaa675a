from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from core.access_log.ports import AccessLogEntries
from core.audit.entities import Checkpoint, Fault
from core.patients.ports import ChangeFeed

BATCH_SIZE = 1_000


def take_checkpoint(at: datetime, entries: AccessLogEntries, changes: ChangeFeed) -> Checkpoint:
    last = entries.last()
    events, digest = _digest(changes, None)
    return Checkpoint(
        at=at,
        last_entry=last.number if last else 0,
        entry_seal=last.seal if last else "",
        events=events,
        events_digest=digest,
    )


def faults_since(checkpoint: Checkpoint, entries: AccessLogEntries, changes: ChangeFeed) -> Iterator[Fault]:
    """What a log and a feed that only grew since the checkpoint cannot show."""
    if _seal_of(entries, checkpoint.last_entry) != checkpoint.entry_seal:
        yield Fault(f"access log, up to entry {checkpoint.last_entry}", "not as at the checkpoint")
    if _digest(changes, checkpoint.events) != (checkpoint.events, checkpoint.events_digest):
        yield Fault(f"change feed, first {checkpoint.events} events", "not as at the checkpoint")


def _seal_of(entries: AccessLogEntries, number: int) -> str:
    found = entries.after(number - 1, 1) if number else ()
    return found[0].seal if found and found[0].number == number else ""


def _digest(changes: ChangeFeed, most: int | None) -> tuple[int, str]:
    """Of the seals of the first events, and their number."""
    digest, count, position = sha256(), 0, 0
    while batch := changes.after(position, min(BATCH_SIZE, most - count) if most is not None else BATCH_SIZE):
        for entry in batch:
            digest.update(entry.seal.encode())
        count, position = count + len(batch), batch[-1].position
        if count == most:
            break
    return count, digest.hexdigest()
