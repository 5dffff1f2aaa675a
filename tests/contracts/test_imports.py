"""Imports: each row is imported once, by the rules of a registration."""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from csv import reader
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import pytest
from attrs import evolve, fields_dict, frozen
from dependency_injector.providers import Object

from bootstrap import Container
from core.access import Actor, Role
from core.errors import ValidationError
from core.files import Encoding, FileFormat, FileOptions, Layout, Row
from core.imports.entities import FilePosition
from core.imports.ports import ImportFiles
from core.imports.services.job_runner import ONE_BY_ONE_AFTER
from core.imports.services.row_importer import RowImporter
from core.imports.services.row_results import ValidatedBatch
from core.jobs.entities import Job, JobKind, JobState
from core.jobs.services.leases import REQUESTER_NOT_ALLOWED, REQUESTER_RECHECK_INTERVAL
from core.patients.values import Identifier, Status
from tests.fakes import ADMIN, CLERK, READER, StillClock, birth_date, details


class Ticking(StillClock):
    """Advances by `step` at each reading."""

    def __init__(self, at: datetime, step: timedelta) -> None:
        super().__init__(at)
        self.step = step

    def now(self) -> datetime:
        self.at += self.step
        return self.at


WORKER = Actor.system("worker")
HEADER = "first name,surname,e-mail,dob,phone,external id"


def csv(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def rows(first: int, last: int) -> Iterator[str]:
    for number in range(first, last):
        yield f"Ada,Byron {number},p{number}@example.org,{birth_date(number)},,EHR-{number}"


def start(
    registry: Container, content: bytes, *, actor: Actor = CLERK, update: bool = False, dry_run: bool = False
) -> Job:
    cast("StillClock", registry.clock()).forward(timedelta(seconds=1))
    return registry.start_import()(
        actor=actor, content=lambda: [content], format=FileFormat.CSV, update=update, dry_run=dry_run
    )


def run(registry: Container, job: Job) -> Job:
    return registry.run_job()(actor=WORKER, job_id=job.id)


def imported(registry: Container, content: bytes, *, update: bool = False, dry_run: bool = False) -> Job:
    return run(registry, start(registry, content, update=update, dry_run=dry_run))


def rejected(registry: Container, job: Job) -> str:
    return b"".join(registry.download_rejects()(actor=CLERK, job_id=job.id)).decode()


def rejects(registry: Container, job: Job) -> list[list[str]]:
    """The line, field, reason and first cell of each rejected row."""
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


def test_an_invalid_row_is_rejected_with_its_line_field_and_reason(registry: Container) -> None:
    born_late = "Eve,King,eve@example.org,2185-12-10,,"
    twice = "Eve,King,not one,5/6/1985,,"
    job = imported(registry, csv("Ada,Byron,not one,1985-12-10,,", *rows(1, 3), born_late, twice))
    assert job.counts == {"added": 2, "rejected": 3}
    assert rejects(registry, job).pop()[:2] == ["6", "date_of_birth; email"]
    assert rejects(registry, job)[:2] == [
        ["2", "email", "Must be a valid email address, such as name@example.org.", "Ada"],
        ["5", "date_of_birth", "Must not be in the future.", "Eve"],
    ]


def test_corrected_rejects_can_be_imported_unchanged(registry: Container) -> None:
    job = imported(registry, csv(*rows(0, 2), "Ada,Byron,not one,1985-12-10,,"))
    corrected = rejected(registry, job).replace("not one", "one@example.org")
    assert imported(registry, corrected.encode()).counts == {"added": 1}


def test_rejected_rows_are_corrected_page_by_page(registry: Container) -> None:
    """Only those that were changed, or all of the page."""
    wrong = [f"Ada,Byron,not {number},{birth_date(number)},,EHR-{number}" for number in range(120)]
    job = imported(registry, csv(*wrong))
    first = registry.view_rejects()(actor=CLERK, job_id=job.id)
    assert first.next
    second = registry.view_rejects()(actor=CLERK, job_id=job.id, after=first.next)
    lines = [row.reject.line for page in (first, second) for row in page.rows]
    assert lines[:2] == [2, 3]
    assert lines == sorted(set(lines))
    line = second.rows[0].reject.line
    correct, texts = registry.correct_rejects(), {line: {2: "one@mail.example"}, 2: {2: "of another page"}}
    corrected = correct(actor=CLERK, job_id=job.id, texts=texts, after=first.next)
    assert imported(registry, corrected).counts == {"added": 1}
    everything = correct(actor=CLERK, job_id=job.id, texts=texts, after=first.next, unchanged=True)
    assert imported(registry, everything).counts == {"unchanged": 1, "rejected": len(second.rows) - 1}
    with pytest.raises(ValidationError) as refused:
        correct(actor=CLERK, job_id=job.id, texts={2: {2: "not one either"}})
    assert [error.field for error in refused.value.errors] == ["2.email"]


def test_kinds_of_duplicates_have_different_errors(registry: Container) -> None:
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
        ("4", "external_id", "An earlier row of this file has the same external id."),
        ("6", "external_id", "An earlier row of this file has the same external id."),
    ]


def test_with_update_a_row_updates_its_patient(registry: Container) -> None:
    ada = registry.register_patient()(actor=CLERK, **details(phone="+12015550123"))
    content = csv("Augusta,King,ada@example.org,1985-12-10,,EHR-1", *rows(2, 3))
    assert imported(registry, content).counts == {"added": 1, "rejected": 1}
    assert imported(registry, content, update=True).counts == {"unchanged": 1, "updated": 1}
    after = registry.view_patient()(actor=READER, patient_id=ada.id)
    assert (after.full_name, after.phone, after.version) == ("Augusta King", "+12015550123", 2)


@pytest.mark.parametrize("row", ["Augusta,King,,,,EHR-1,", "Augusta,King,,,,,mrn|7"])
def test_with_update_a_row_without_email_updates_the_patient_with_its_external_id_or_identifier(
    registry: Container, row: str
) -> None:
    known = details(external_id="EHR-1", identifiers=[{"system": "mrn", "value": "7"}])
    ada = registry.register_patient()(actor=CLERK, **known)
    content = csv(row, header="first_name,last_name,email,date_of_birth,phone,external_id,identifiers")
    assert imported(registry, content).counts == {"rejected": 1}
    assert imported(registry, content, update=True).counts == {"updated": 1}
    after = registry.view_patient()(actor=READER, patient_id=ada.id)
    assert (after.full_name, after.email) == ("Augusta King", "ada@example.org")


@pytest.mark.parametrize("update", [False, True])
def test_a_dry_run_reports_the_same_and_changes_nothing(registry: Container, update: bool) -> None:
    registry.register_patient()(actor=CLERK, **details(email="p1@example.org", external_id="EHR-1"))
    registry.register_patient()(actor=CLERK, **details(email="other@example.org", external_id="EHR-3"))
    content = csv(*rows(1, 6), *rows(4, 5), "Ada,Byron,not one,1985-12-10,,")
    dry = imported(registry, content, update=update, dry_run=True)
    assert people(registry) == ["Ada Byron", "Ada Byron"]
    assert dry.counts == imported(registry, content, update=update).counts
    assert dry.counts["rejected"] >= 2


def test_importing_a_file_again_adds_no_patient_twice(registry: Container) -> None:
    content = csv(*rows(0, 20))
    imported(registry, content)
    assert imported(registry, content).counts == {"unchanged": 20}
    assert len(people(registry)) == 20


def test_starting_an_unfinished_import_again_returns_the_same_job(registry: Container) -> None:
    job = start(registry, csv(*rows(0, 2)))
    assert start(registry, csv(*rows(0, 2))).id == job.id
    assert start(registry, csv(*rows(0, 2)), update=True).id != job.id
    assert start(registry, csv(*rows(0, 2)), actor=ADMIN).id != job.id
    run(registry, job)
    assert start(registry, csv(*rows(0, 2))).id != job.id


def test_an_import_continues_where_it_stopped(registry: Container) -> None:
    job = start(registry, csv(*rows(0, 1100)))
    registry.run_job()(actor=WORKER, job_id=job.id, stopping=iter([False, True, True]).__next__)
    assert registry.jobs().get(job.id).counts == {"added": 1000}
    assert run(registry, job).counts == {"added": 1100}
    assert registry.patients_for_sync().count_by_status([Status.ACTIVE]) == 1100


def test_no_content_of_a_line_prevents_the_import_of_other_rows(registry: Container) -> None:
    good = b'{"first_name": "Ada", "last_name": "Byron", "email": "p%d@example.org", "date_of_birth": "1985-12-10"%b}\n'
    odd = [
        rb', "\u0000": 1',
        rb', "a\u0000b\u0007": "\u0000"',
        rb', "phone": "\u0000"',
        rb', "\ud800": 1',
        b', "\xff": 1',
    ]
    content = b"".join(good % (number, more) for number, more in enumerate([b"", *odd, b""]))
    clock = cast("StillClock", registry.clock())
    clock.forward(timedelta(seconds=1))
    job = registry.start_import()(
        actor=CLERK, content=lambda: [content], format=FileFormat.NDJSON, encoding=Encoding.UTF_8
    )
    assert run(registry, job).counts == {"added": 2, "rejected": 5}
    assert rejected(registry, job).count("\n") == 5


def test_a_nul_in_a_column_name_is_rejected(registry: Container) -> None:
    content = csv(*(f"{row},x" for row in rows(0, 2))).replace(b"external id\n", b"external id,no\0te\n")
    with pytest.raises(ValidationError) as refused:
        registry.start_import()(
            actor=CLERK,
            content=lambda: [content],
            format=FileFormat.CSV,
            file_options=FileOptions(ignore_unknown=True),
        )
    assert [(one.field, one.code) for one in refused.value.errors] == [("file", "characters")]
    with pytest.raises(ValidationError):
        FileOptions.parse(columns={"no\0te": None}, ignore_unknown=False, date_format=None)


@frozen
class BrokenImporter(RowImporter):
    """Raises an unexpected error for one row."""

    def validate(self, rows: Iterable[Row]) -> ValidatedBatch:
        batch = RowImporter.validate(self, rows)
        if any(one.patient.email == "p3@example.org" for one in batch.candidates):
            raise RuntimeError("a bug")
        return batch


def test_a_row_that_crashes_the_import_is_rejected_and_all_others_are_imported(registry: Container) -> None:
    job, lasts, clock = (
        start(registry, csv(*rows(0, 6))),
        registry.leases().duration,
        cast("StillClock", registry.clock()),
    )
    runner = registry.run_import()
    importer = BrokenImporter(**{name: getattr(runner.importer, name) for name in fields_dict(RowImporter)})
    broken = evolve(runner, importer=importer)
    for _ in range(ONE_BY_ONE_AFTER):
        with pytest.raises(RuntimeError):
            broken(job, stopping=lambda: False)
        clock.forward(lasts)
    broken(job, stopping=lambda: False)
    done = registry.jobs().get(job.id)
    assert (done.state, done.counts) == (JobState.COMPLETED, {"added": 5, "rejected": 1})
    assert rejects(registry, job) == [["5", "row", "The row caused an internal error.", "Ada"]]


@pytest.mark.parametrize(("long", "rows_at_most"), [(True, 17), (False, 800)])
def test_a_batch_is_limited_by_bytes_and_by_the_remaining_lease_time(
    registry: Container, long: bool, rows_at_most: int
) -> None:
    first = f"Ada,Byron,p0@example.org,1985-12-10,{'0' * 60_000 if long else ''},"
    job = start(registry, csv(*[first] * 30) if long else csv(*rows(0, 1000)))
    if not long:
        registry.clock.override(Object(Ticking(registry.clock().now(), registry.leases().duration / 3200)))
    runner = evolve(registry.run_import(), clock=registry.clock())
    runner(job, stopping=iter([False, True, True]).__next__)
    assert 0 < registry.jobs().get(job.id).done <= rows_at_most


@frozen
class InPieces(ImportFiles):
    """Yields a file line by line and calls `between` in between."""

    files: ImportFiles
    between: Callable[[], None]

    def layout(self, job_id: UUID) -> Layout:
        return self.files.layout(job_id)

    def position(self, job_id: UUID) -> FilePosition:
        return self.files.position(job_id)

    def set_position(self, job_id: UUID, position: FilePosition) -> None:
        self.files.set_position(job_id, position)

    def save(self, job_id: UUID, layout: Layout, blocks: Iterable[bytes]) -> None:
        self.files.save(job_id, layout, blocks)

    def seen(self, job_id: UUID, keys: Collection[bytes]) -> set[bytes]:
        return self.files.seen(job_id, keys)

    def mark(self, job_id: UUID, keys: Collection[bytes]) -> None:
        self.files.mark(job_id, keys)

    def read(self, job_id: UUID, offset: int) -> Generator[bytes]:
        for line in b"".join(self.files.read(job_id, offset)).splitlines(keepends=True):
            self.between()
            yield line


def test_the_lease_is_renewed_while_blank_lines_are_read(registry: Container) -> None:
    job, leases, clock = start(registry, csv(*[",,,"] * 9, *rows(0, 1))), registry.leases(), registry.clock()

    def time_passes() -> None:
        assert leases.claim(job.id) is None
        cast("StillClock", clock).forward(leases.duration / 2)

    runner = evolve(registry.run_import(), files=InPieces(registry.import_files(), time_passes))
    runner(job, stopping=lambda: False)
    assert registry.jobs().get(job.id).counts == {"added": 1}


def test_progress_resets_the_takeovers_for_leases_renewed_while_reading_too(registry: Container) -> None:
    job, leases, clock = start(registry, csv(*rows(0, 2), *[",,,"] * 4)), registry.leases(), registry.clock()
    lines = iter(range(9))

    def time_passes() -> None:
        cast("StillClock", clock).forward(leases.duration / 2)
        if next(lines) == 5:
            raise RuntimeError("The worker dies.")

    assert leases.claim(job.id)
    cast("StillClock", clock).forward(leases.duration)
    files = InPieces(registry.import_files(), time_passes)
    with pytest.raises(RuntimeError):
        evolve(registry.run_import(), files=files, batch_size=2)(job, stopping=lambda: False)
    cast("StillClock", clock).forward(leases.duration)
    again = leases.claim(job.id)
    assert again
    assert (again.job.done, again.chunk.takeovers) == (2, 1)


def test_an_import_pauses_while_its_requester_lacks_permission(registry: Container) -> None:
    boss, clock = ADMIN, cast("StillClock", registry.clock())
    user = registry.create_user()(
        actor=boss, email="eve@example.org", password="correct horse battery", role=Role.CLERK
    )
    clock.forward(timedelta(seconds=1))
    job = registry.start_import()(
        actor=Actor.user(user.id, user.role, "r"), content=lambda: [csv(*rows(0, 1100))], format=FileFormat.CSV
    )
    registry.run_job()(actor=WORKER, job_id=job.id, stopping=iter([False, True, True]).__next__)
    registry.update_user()(actor=boss, user_id=user.id, is_active=False)
    paused = run(registry, job)
    assert (paused.state, paused.counts, paused.reason) == (JobState.PAUSED, {"added": 1000}, REQUESTER_NOT_ALLOWED)
    registry.update_user()(actor=boss, user_id=user.id, is_active=True)
    clock.forward(REQUESTER_RECHECK_INTERVAL)
    assert run(registry, job).counts == {"added": 1100}
    registry.update_user()(actor=boss, user_id=user.id, role=Role.READER)
    assert not registry.job_requesters().may_continue(job.actor)


def test_erasing_a_patient_removes_the_rejected_rows_about_that_patient_and_no_others(registry: Container) -> None:
    eve = registry.register_patient()(
        actor=CLERK, **details(first_name="Zoë", email="old@example.org", identifiers=[Identifier("mrn", "7")])
    )
    registry.update_patient()(actor=CLERK, patient_id=eve.id, email="eve@example.org", external_id="EHR-1")
    about_eve = [
        "Zoe,BYRON,no email,1985-12-10,,",
        "Eve,King,OLD@example.org,2185-12-10,,",
        "Eve,King,eve@example.org,1990-01-01,12,",
        "Eve,King,other@example.org,1990-01-01,,EHR-1",
        '"Eve" King,"EVE@example.org",1990-01-01,,',
        "Eve,King,eve@example.org,1990-01-01,,,one cell too many",
    ]
    about_another = "Eve,King,no email,1985-12-10,,EHR-2"
    job = imported(registry, csv(*about_eve, about_another))
    assert job.counts == {"rejected": 7}
    registry.erase_patient()(actor=ADMIN, patient_id=eve.id)
    assert [line for line, *_ in rejects(registry, job)] == ["8"]


def test_a_reused_request_id_does_not_make_a_row_a_duplicate(registry: Container) -> None:
    job, clock = start(registry, csv(*rows(0, 1))), cast("StillClock", registry.clock())
    clock.forward(timedelta(seconds=1))
    registered = details(first_name="Eve", last_name="King", email="p0@example.org")
    registry.register_patient()(actor=CLERK, **registered)
    assert job.request_id == CLERK.request_id
    run(registry, job)
    assert [reason for _, _, reason, _ in rejects(registry, job)] == ["Another patient already has this email."]


def test_a_cancelled_import_keeps_added_patients_and_deletes_the_file(registry: Container) -> None:
    job = start(registry, csv(*rows(0, 1100)))
    registry.run_job()(actor=WORKER, job_id=job.id, stopping=iter([False, True, True]).__next__)
    cancelled = registry.cancel_job()(actor=CLERK, kind=JobKind.IMPORT, job_id=job.id)
    assert (cancelled.state, cancelled.counts) == (JobState.CANCELLED, {"added": 1000})
    assert list(registry.import_files().read(job.id, 0)) in ([], [b""])
    assert run(registry, job) == cancelled


@pytest.mark.parametrize("content", [b"", b"e-mail,dob\n", b"a,b,c\n", csv().replace(b"dob", b"shoe size")])
def test_an_unreadable_file_is_rejected_immediately(registry: Container, content: bytes) -> None:
    with pytest.raises(ValidationError):
        start(registry, content)
    assert not registry.list_jobs()(actor=CLERK, kind=JobKind.IMPORT).items
