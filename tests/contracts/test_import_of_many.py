"""A long file with every kind of invalid row: exactly those are rejected, and can be imported once corrected.

IMPORT_ROWS sets its length.
"""

import os
import re
from itertools import cycle

import pytest

from bootstrap import Container
from core.access import Actor
from core.files import Encoding, FileFormat
from core.jobs.entities import Job
from core.patients.values import Status
from tests.fakes import CLERK, birth_date, details

ROWS = int(os.environ.get("IMPORT_ROWS", "600"))
BAD_EVERY = 100 if ROWS > 10_000 else 20
HEADER = b"first_name,last_name,email,date_of_birth,phone,sex,external_id,identifiers\n"
GOOD = "Ada{n},Byron,p{n}@example.org,{born},+49301{n:06},female,EHR-{n},mrn|{n}"

pytestmark = pytest.mark.soak

BAD: dict[str, tuple[str, str]] = {
    GOOD + ",more": ("row", "cells"),
    GOOD.replace("Ada", "A\udc81da"): ("first_name", "encoding"),
    GOOD.replace("Ada", "A\0da"): ("first_name", "characters"),
    GOOD.replace("Ada", '"Ada'): ("row", "quote"),
    GOOD.replace("Byron", "x" * 101): ("last_name", "too_long"),
    GOOD.replace("p{n}@", "p{n}"): ("email", "invalid"),
    GOOD.replace("{born}", "10.12.1985"): ("date_of_birth", "invalid"),
    GOOD.replace("{born}", "2185-12-10"): ("date_of_birth", "future"),
    GOOD.replace("+49301{n:06}", "12"): ("phone", "invalid"),
    GOOD.replace("female", "fe"): ("sex", "choice"),
    GOOD.replace("EHR-{n}", "EHR {n}"): ("external_id", "characters"),
    GOOD.replace("mrn|{n}", "{n}"): ("identifiers", "bar"),
    GOOD.replace("p{n}@", "p0@"): ("email", "repeated"),
    GOOD.replace("p{n}@", "taken@"): ("email", "email-taken"),
    GOOD.replace("EHR-{n}", "EHR-0"): ("external_id", "repeated"),
    GOOD.replace("EHR-{n}", "EHR-taken"): ("external_id", "external-id-taken"),
    GOOD.replace("mrn|{n}", "mrn|taken"): ("identifiers", "identifier-taken"),
}


def row(template: str, number: int) -> bytes:
    return template.format(n=number, born=birth_date(number)).encode(errors="surrogateescape") + b"\n"


def imported(registry: Container, content: bytes) -> Job:
    """In blocks that do not end at line breaks."""
    pieces = [content[start : start + 7001] for start in range(0, len(content), 7001)]
    job = registry.start_import()(actor=CLERK, content=lambda: pieces, format=FileFormat.CSV, encoding=Encoding.UTF_8)
    return registry.run_job()(actor=Actor.system("worker"), job_id=job.id)


def test_exactly_the_invalid_rows_are_rejected_with_line_field_and_reason(registry: Container) -> None:
    register = registry.register_patient()
    register(actor=CLERK, **details(email="taken@example.org"))
    register(actor=CLERK, **details(email=None, external_id="EHR-taken"))
    register(actor=CLERK, **details(email=None, identifiers=[{"system": "mrn", "value": "taken"}]))
    kinds, bad = cycle(BAD.items()), dict[int, tuple[str, str]]()
    lines: list[bytes] = []
    for number in range(ROWS):
        if number % BAD_EVERY == BAD_EVERY - 1:
            template, (field, code) = next(kinds)
            is_first = (field, code) not in bad.values() or not code.endswith("-taken")
            bad[number] = (field, code if is_first else "repeated")
            lines.append(row(template, number))
        else:
            lines.append(row(GOOD, number))
    job = imported(registry, HEADER + b"".join(lines))
    assert len(set(bad.values())) >= 12
    assert job.counts == {"added": ROWS - len(bad), "rejected": len(bad)}

    rejects = list(registry.import_rejects().iterate(job.id))
    assert {reject.line - 2: (reject.errors[0].field, reject.errors[0].code) for reject in rejects} == bad
    assert [reject.raw + b"\n" for reject in rejects] == [lines[number] for number in bad]

    file = b"".join(registry.download_rejects()(actor=CLERK, job_id=job.id))
    reported = {int(line) - 2: field.decode() for line, field in re.findall(rb'^(\d+),"(\w+)"', file, re.MULTILINE)}
    assert reported == {number: field for number, (field, _) in bad.items()}
    corrected = [b'%d,"corrected","",' % number + row(GOOD, number) for number in bad]
    again = imported(registry, file.partition(b"\n")[0] + b"\n" + b"".join(corrected))
    assert again.counts == {"added": len(bad)}
    assert registry.patients_for_sync().count_by_status(list(Status)) == ROWS + 3
