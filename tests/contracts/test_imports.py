"""Imports on every store: each row once, by the rules of a registration."""

from collections.abc import Iterator
from csv import reader
from datetime import timedelta
from typing import cast

import pytest

from bootstrap import Container
from core.access import Actor
from core.errors import Invalid
from core.jobs.entities import Job, JobKind, JobState
from core.patients.files import FileFormat
from core.patients.values import Status
from tests.fakes import CLERK, READER, StillClock, details

WORKER = Actor.system("worker")
HEADER = "first name,surname,e-mail,dob,phone,external id"


def csv(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


def rows(first: int, last: int) -> Iterator[str]:
    for number in range(first, last):
        yield f"Ada,Byron {number},p{number}@example.org,1985-12-10,,EHR-{number}"


def start(registry: Container, content: bytes, *, update: bool = False, dry_run: bool = False) -> Job:
    cast("StillClock", registry.clock()).forward(timedelta(seconds=1))
    return registry.start_import()(
        actor=CLERK, content=lambda: [content], format=FileFormat.CSV, update=update, dry_run=dry_run
    )


def run(registry: Container, job: Job) -> Job:
    return registry.run_job()(actor=WORKER, job_id=job.id)


def imported(registry: Container, content: bytes, *, update: bool = False, dry_run: bool = False) -> Job:
    return run(registry, start(registry, content, update=update, dry_run=dry_run))


def rejected(registry: Container, job: Job) -> str:
    return b"".join(registry.download_rejects()(actor=CLERK, job_id=job.id)).decode()


def rejects(registry: Container, job: Job) -> list[list[str]]:
    """The line, field and reason of each, and the first cell of the row."""
    return [cells[:4] for cells in reader(rejected(registry, job).splitlines())][1:]


def people(registry: Container) -> list[str]:
    return [patient.full_name for patient in registry.search_patients()(actor=READER, limit=200).patients]


def test_every_row_is_registered_in_the_order_of_the_file(registry: Container) -> None:
    job = imported(registry, csv(*rows(0, 30)))
    assert (job.state, job.total, job.counts) == (JobState.COMPLETED, 30, {"added": 30})
    assert people(registry) == [f"Ada Byron {number}" for number in reversed(range(30))]
    found = registry.search_patients()(actor=READER, email="p7@example.org").patients[0]
    events = registry.view_history()(actor=READER, patient_id=found.id).events
    assert [(event.action, event.actor, event.version) for event in events] == [("registered", CLERK.name, 1)]
    assert registry.search_patients()(actor=READER, q="byron 7").patients == (found,)


def test_a_row_that_breaks_a_rule_is_rejected_with_its_line_field_and_reason(registry: Container) -> None:
    born_late = "Eve,King,eve@example.org,2185-12-10,,"
    job = imported(registry, csv("Ada,Byron,not one,1985-12-10,,", *rows(1, 3), born_late))
    assert job.counts == {"added": 2, "rejected": 2}
    assert rejects(registry, job) == [
        ["2", "email", "Give a valid email address, such as name@example.org.", "Ada"],
        ["5", "date_of_birth", "A date of birth cannot be in the future.", "Eve"],
    ]


def test_the_mended_rejects_are_imported_as_they_are(registry: Container) -> None:
    job = imported(registry, csv(*rows(0, 2), "Ada,Byron,not one,1985-12-10,,"))
    mended = rejected(registry, job).replace("not one", "one@example.org")
    assert imported(registry, mended.encode()).counts == {"added": 1}


def test_duplicates_are_told_apart(registry: Container) -> None:
    registry.register_patient()(actor=CLERK, **details(email="p1@example.org", external_id="EHR-1"))
    job = imported(
        registry,
        csv(
            "Ada,Byron,p1@example.org,1985-12-10,,EHR-1",
            "Eve,Byron,p1@example.org,1985-12-10,,EHR-2",
            "Eve,King,eve@example.org,1985-12-10,,EHR-1",
            "Eve,Kong,kong@example.org,1985-12-10,,EHR-9",
            "Eve,Kong,other@example.org,1985-12-10,,EHR-9",
        ),
    )
    assert job.counts == {"added": 1, "rejected": 3, "unchanged": 1}
    assert [(line, field, reason) for line, field, reason, _ in rejects(registry, job)] == [
        ("3", "email", "An earlier row of this file has the same email."),
        ("4", "external_id", "Another patient already has this external id."),
        ("6", "external_id", "Another patient already has this external id."),
    ]


def test_with_update_a_patient_is_changed_to_what_the_row_says(registry: Container) -> None:
    ada = registry.register_patient()(actor=CLERK, **details(phone="+12015550123"))
    content = csv("Augusta,King,ada@example.org,1985-12-10,,EHR-1", *rows(2, 3))
    assert imported(registry, content).counts == {"added": 1, "rejected": 1}
    assert imported(registry, content, update=True).counts == {"unchanged": 1, "updated": 1}
    after = registry.view_patient()(actor=READER, patient_id=ada.id)
    assert (after.full_name, after.phone, after.version) == ("Augusta King", "+12015550123", 2)


@pytest.mark.parametrize("update", [False, True])
def test_a_dry_run_says_the_same_and_changes_nothing(registry: Container, update: bool) -> None:
    registry.register_patient()(actor=CLERK, **details(email="p1@example.org", external_id="EHR-1"))
    registry.register_patient()(actor=CLERK, **details(email="other@example.org", external_id="EHR-3"))
    content = csv(*rows(1, 6), *rows(4, 5), "Ada,Byron,not one,1985-12-10,,")
    said = imported(registry, content, update=update, dry_run=True)
    assert people(registry) == ["Ada Byron", "Ada Byron"]
    assert said.counts == imported(registry, content, update=update).counts
    assert said.counts["rejected"] >= 3


def test_a_file_that_is_imported_again_adds_nothing_twice(registry: Container) -> None:
    content = csv(*rows(0, 20))
    imported(registry, content)
    assert imported(registry, content).counts == {"unchanged": 20}
    assert len(people(registry)) == 20


def test_an_import_that_is_asked_for_again_while_it_is_under_way_is_the_same(registry: Container) -> None:
    job = start(registry, csv(*rows(0, 2)))
    assert start(registry, csv(*rows(0, 2))).id == job.id
    assert start(registry, csv(*rows(0, 2)), update=True).id != job.id
    run(registry, job)
    assert start(registry, csv(*rows(0, 2))).id != job.id


def test_an_import_goes_on_where_it_stopped(registry: Container) -> None:
    job = start(registry, csv(*rows(0, 2200)))
    registry.run_job()(actor=WORKER, job_id=job.id, stopping=iter([False, True, True]).__next__)
    assert registry.jobs().get(job.id).counts == {"added": 1000}
    assert run(registry, job).counts == {"added": 2200}
    assert registry.patients().how_many([Status.ACTIVE]) == 2200


def test_a_cancelled_import_keeps_what_was_added_and_forgets_the_file(registry: Container) -> None:
    job = start(registry, csv(*rows(0, 1100)))
    registry.run_job()(actor=WORKER, job_id=job.id, stopping=iter([False, True, True]).__next__)
    cancelled = registry.cancel_job()(actor=CLERK, kind=JobKind.IMPORT, job_id=job.id)
    assert (cancelled.state, cancelled.counts) == (JobState.CANCELLED, {"added": 1000})
    assert list(registry.import_files().read(job.id, 0)) in ([], [b""])
    assert run(registry, job) == cancelled


@pytest.mark.parametrize("content", [b"", b"first name,surname\n", b"a,b,c\n", csv().replace(b"dob", b"shoe size")])
def test_a_file_that_cannot_be_read_is_refused_at_once(registry: Container, content: bytes) -> None:
    with pytest.raises(Invalid):
        start(registry, content)
    assert not registry.list_jobs()(actor=CLERK, kind=JobKind.IMPORT).items
