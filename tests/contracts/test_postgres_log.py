"""The PostgreSQL log contains no personal data with the settings of deploy/compose.yaml."""

import re
from collections.abc import Callable, Generator
from os import SEEK_END
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.db import IntegrityError, connections

from adapters.django_orm.patients.repository import DjangoPatientRepository
from bootstrap import Container
from core.access import Role
from core.errors import Conflict
from core.patients.dates import PartialDate
from core.patients.identifier_systems import DEFAULT_SYSTEMS
from core.patients.values import Identifier
from core.posts.entities import Draft
from tests.contracts.conftest import POSTGRES
from tests.contracts.examples import person, sql
from tests.fakes import ADMIN, AUTHOR, CLERK, details

COMPOSE = Path(__file__).parents[2] / "deploy" / "compose.yaml"
PERSONAL = re.compile("ada@|byron|ada_s|12015550123|1985|EHR-7|MRN-7|ward-screen|flu season|@example", re.IGNORECASE)


@pytest.fixture
def log(database: str) -> Generator[Callable[[], str]]:
    """Returns what was logged since the fixture was set up."""
    command = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["database"]["command"]
    for name, value in (one.split("=") for one in command if one.startswith("log_")):
        sql(database, f"SET {name} = {value}")  # requires a superuser, so the registry cannot set it
    file = Path(settings.DATABASES[database]["HOST"]) / "log"
    with file.open(encoding="utf-8") as opened:
        opened.seek(0, SEEK_END)
        yield opened.read
    connections[database].close()


def violate_every_constraint(registry: Container, database: str) -> None:
    def refused(error: type[Exception], call: Callable[..., object], **given: object) -> None:
        with pytest.raises(error):
            call(**given)

    register, update = registry.register_patient(), registry.update_patient()
    ada = {"external_id": "EHR-7", "identifiers": [{"system": "mrn", "value": "MRN-7"}], "phone": "+12015550123"}
    first = register(actor=CLERK, **details(**ada))
    eve = register(actor=CLERK, **details(email="eve@example.org"))
    for taken in ({"email": first.email}, {"external_id": "EHR-7"}, {"identifiers": ada["identifiers"]}):
        refused(Conflict, register, actor=CLERK, **details(**{"email": "kim@example.org", **taken}))
        refused(Conflict, update, actor=CLERK, patient_id=eve.id, **taken)
    account = {"email": "ada@clinic.example", "password": "correct horse", "role": Role.CLERK}
    registry.create_user()(actor=ADMIN, **account)
    refused(Conflict, registry.create_user(), actor=ADMIN, **account)
    service = {"name": "ward-screen", "role": Role.CLERK}
    registry.create_service_account()(actor=ADMIN, **service)
    refused(Conflict, registry.create_service_account(), actor=ADMIN, **service)
    post: Draft = {"title": "Flu season", "content": "Ask Ada Byron."}
    registry.write_post()(actor=AUTHOR, **post)
    refused(Conflict, registry.write_post(), actor=AUTHOR, **post)
    many = [person(number, identifiers=(Identifier("mrn", f"MRN-7{number}"),)) for number in range(1, 9)]
    many[5] = person(6, email=first.email, date_of_birth=PartialDate("1985-01-01"))
    refused(IntegrityError, DjangoPatientRepository(DEFAULT_SYSTEMS, database)._insert, patients=many)  # by COPY
    refused(IntegrityError, sql, database=database, statement="UPDATE patients_patient SET phone = '2015550123'")
    connections[database].rollback()


@pytest.mark.parametrize("database", [POSTGRES])
def test_violations_are_logged_without_a_value(registry: Container, log: Callable[[], str], database: str) -> None:
    violate_every_constraint(registry, database)
    written = log()
    assert written.count("duplicate key value violates unique constraint") >= 8
    assert "violates check constraint" in written
    assert not PERSONAL.search(written), written
