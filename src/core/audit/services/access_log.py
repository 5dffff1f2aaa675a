from collections.abc import Iterator

from core.access_log.entities import sealed_content
from core.access_log.ports import AccessLogEntries
from core.audit.entities import Fault
from core.seals import Sealer

BATCH_SIZE = 1_000
LOWEST = -(2**63)


def faults_in_access_log(entries: AccessLogEntries, sealer: Sealer) -> Iterator[Fault]:
    number, seal, place = 0, "", LOWEST
    while batch := entries.after(place, BATCH_SIZE):
        for entry in batch:
            place = entry.number
            if place < 1:
                yield Fault(f"access log, entry {place}", "inserted")
                continue
            if place != number + 1:
                yield Fault(f"access log, entries {number + 1} to {entry.number - 1}", "removed")
            elif not sealer.matches(sealed_content(seal, entry), entry.seal):
                yield Fault(f"access log, entry {entry.number}", "changed or inserted")
            number, seal = entry.number, entry.seal
