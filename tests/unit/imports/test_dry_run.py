"""A dry run rejects what an import would reject."""

import pytest

from bootstrap import Container
from core.access import Actor
from core.files import FileFormat
from core.imports.entities import ImportRowOutcome
from tests.fakes import CLERK, details

HEADER = b"first_name,last_name,email,date_of_birth,external_id,identifiers\n"
ADA = b"Ada,Byron,ada@example.org,1985-12-10,"
EVE = b"Eve,Stone,eve@example.org,1990-01-02,"


@pytest.mark.parametrize(
    ("ada", "eve", "code"),
    [
        (b"EHR-1,", b"EHR-1,", "repeated"),
        (b",mrn|1", b",mrn|1", "repeated"),
    ],
)
def test_dry_run_rejects_a_repeated_unique_value(registry: Container, ada: bytes, eve: bytes, code: str) -> None:
    assert dry_run(registry, ADA + ada, EVE + eve) == ([ImportRowOutcome.ADDED, ImportRowOutcome.REJECTED], [code])


def test_dry_run_rejects_an_update_to_a_value_of_another_patient(registry: Container) -> None:
    register = registry.register_patient()
    register(actor=CLERK, **details(external_id="EHR-1"))
    register(actor=CLERK, **details(email="eve@example.org"))
    assert dry_run(registry, EVE + b"EHR-1,", update=True) == ([ImportRowOutcome.REJECTED], ["external-id-taken"])


@pytest.mark.parametrize("dry", [True, False])
def test_update_to_a_death_before_the_recorded_birth_is_rejected(registry: Container, dry: bool) -> None:
    registry.register_patient()(actor=CLERK, **details())
    job = registry.start_import()(
        actor=CLERK,
        content=lambda: [b"first_name,email,deceased\nAda,ada@example.org,1900\n"],
        format=FileFormat.CSV,
        update=True,
        dry_run=dry,
    )
    assert registry.run_job()(actor=Actor.system("worker"), job_id=job.id).counts == {"rejected": 1}
    (reject,) = registry.import_rejects().iterate(job.id)
    assert [(error.field, error.code) for error in reject.errors] == [("deceased", "before_birth")]


def dry_run(registry: Container, *rows: bytes, update: bool = False) -> tuple[list[str], list[str]]:
    """The outcomes, and the codes of the rejected rows."""
    job = registry.start_import()(
        actor=CLERK,
        content=lambda: [HEADER + b"\n".join(rows)],
        format=FileFormat.CSV,
        update=update,
        dry_run=True,
    )
    counts = registry.run_job()(actor=Actor.system("worker"), job_id=job.id).counts
    rejects = registry.import_rejects().iterate(job.id)
    return list(counts), [error.code for reject in rejects for error in reject.errors]
