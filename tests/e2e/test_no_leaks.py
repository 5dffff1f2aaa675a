"""Personal values and secrets are nowhere but in the database and in answers to those who may see them.

`GENERATED` is the number of generated requests."""

import os
from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator
from pathlib import Path
from time import monotonic

import pytest
import requests
from django.conf import settings as django_settings
from hypothesis import HealthCheck, Phase, given, settings
from psycopg.sql import SQL, Identifier
from pytest_django import DjangoDbBlocker

from bootstrap import Configuration, registry_on_django
from core.access import Actor, Role
from tests.databases import connected
from tests.e2e.deployment import deployment
from tests.e2e.gossip import gossiping_upstream
from tests.e2e.marked_callers import Callers
from tests.e2e.marked_cases import Sent, requests_of, send
from tests.e2e.marked_flows import a_day
from tests.e2e.markers import BIRTHDAY, MARK, PHONE, Markers
from tests.e2e.observed import Observed
from tests.e2e.production import SECRET, Production, production_in

GENERATED = int(os.environ.get("GENERATED", "150"))
QUIET = ("log_error_verbosity = terse", "log_min_error_statement = panic")  # as docs/operations.md asks for
LIMITS = ("ANONYMOUS", "USER", "SIGN_IN", "SIGN_IN_ADDRESS", "SIGN_IN_EMAIL", "SYNC")

pytestmark = pytest.mark.soak


def in_hex(text: str) -> bytes:
    return text.encode().hex().encode()


def in_base64(text: str) -> bytes:
    return urlsafe_b64encode(text.encode())


@pytest.fixture
def production(migrated_postgres: str, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Generator[Production]:
    with django_db_blocker.unblock(), production_in(tmp_path, migrated_postgres) as production:
        name = Identifier(production.database.info.dbname)
        for setting in QUIET:
            production.database.execute(SQL("ALTER DATABASE {} SET ").format(name) + SQL(setting))
        yield production


def tokens(production: Production, markers: Markers) -> dict[str, str]:
    """Of a user of each role."""
    name, password = production.database.info.dbname, markers.new()
    tokens: dict[str, str] = {}
    with connected(name):
        registry = registry_on_django(Configuration(secret_keys=(SECRET,), access_log_delay=0), name)
        for role in Role:
            email = f"{markers.new()}@clinic.example"
            registry.create_user()(actor=Actor.system("setup"), email=email, password=password, role=role)
            pair = registry.sign_in()(email=email, password=password)
            markers.keep(pair.refresh)
            tokens[role] = markers.keep(pair.access)
    return tokens


@pytest.fixture
def callers(production: Production, tmp_path: Path) -> Generator[Callers]:
    markers = Markers()
    with gossiping_upstream() as upstream:
        given = {
            "EXTERNAL_API_BASE_URL": upstream,
            "EXTERNAL_API_TOKEN": markers.new(),
            "EXTERNAL_API_POLICY": "min_calls=10000, window_calls=10000, attempts=2, backoff=0.01",
        } | {f"LIMIT_{name}": "1000000/minute" for name in LIMITS}
        with deployment(production, tmp_path / "deployment", **given) as deployed:
            yield Callers(deployed, markers, Observed(markers), tokens(production, markers))


def test_personal_values_appear_only_where_they_belong(callers: Callers) -> None:
    started, observed = monotonic(), callers.observed
    a_day(callers)

    @settings(
        max_examples=GENERATED,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(requests_of(callers))
    def send_generated(request: Sent) -> None:
        send(callers, session, *request)

    with requests.Session() as session:
        session.trust_env = False
        send_generated()
    searched = search(callers)
    print(
        f"{sum(observed.statuses.values())} requests, {GENERATED} of them generated: {dict(observed.statuses)};"
        f" {len(callers.markers.used)} markers and {len(callers.markers.secrets)} secrets searched in {searched} bytes;"
        f" {monotonic() - started:.0f} s; faults: {observed.faults}"
    )
    assert observed.faults == {}
    assert searched > 100_000


@pytest.mark.parametrize("form", [str.encode, lambda text: text.upper().encode(), in_hex, in_base64])
@pytest.mark.parametrize("before", ["", "a", "ab", "\u202e"])
@pytest.mark.parametrize("value", [f"{MARK}abc", f"{MARK.title()}abc", PHONE, BIRTHDAY])
def test_a_marked_value_is_found_in_every_encoding(value: str, before: str, form: Callable[[str], bytes]) -> None:
    assert Markers().found(form(f"{before}{value} Byron"))


def search(callers: Callers) -> int:
    """How many bytes it searched."""
    log = Path(django_settings.DATABASES["postgres"]["HOST"]) / "log"
    searched = 0
    for place, content in [*callers.deployment.places(), ("log of PostgreSQL", log.read_bytes())]:
        searched += len(content)
        if found := callers.markers.found(content):
            callers.observed.fault(place, b" ... ".join(found))
    return searched
