"""The core needs no framework, and the in-memory registry no Django: shown in interpreters that have none."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

SRC = Path(__file__).parents[2] / "src"
FRAMEWORKS = {
    "django", "rest_framework", "drf_spectacular", "httpx", "celery", "structlog", "tenacity", "circuitbreaker",
    "dependency_injector", "jwt",
}  # fmt: skip

WITHOUT = """
    import sys

    class Without:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in {forbidden!r}:
                raise ImportError("there is no " + name)

    sys.meta_path.insert(0, Without())
"""

USING_THE_CORE = """
    import importlib, pkgutil
    from datetime import UTC, date, datetime
    from uuid import UUID
    import core
    from core.patients.entities import Patient
    from core.patients.fields import Rules

    for module in pkgutil.walk_packages(core.__path__, "core."):
        importlib.import_module(module.name)
    patient = Patient.register(
        UUID(int=7), datetime.now(UTC), Rules(date.today(), "US"), first_name="Ada", last_name="Byron",
        email="Ada@Example.org", phone="(201) 555-0123", date_of_birth="1985-12-10",
    )
    print(patient.full_name, patient.email, patient.phone)
"""

USING_THE_REGISTRY = """
    from bootstrap import in_memory_registry
    from core.access import Actor

    registry = in_memory_registry()
    actor = Actor.system("script")
    patient = registry.register_patient()(
        actor=actor, first_name="Ada", last_name="Byron", email="ada@example.org", date_of_birth="1985-12-10"
    )
    print(registry.search_patients()(actor=actor, q="byr").patients[0].full_name)
"""


def run(program: str, forbidden: set[str]) -> str:
    source = dedent(WITHOUT.format(forbidden=forbidden)) + dedent(program)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source], cwd=SRC, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_core_works_without_frameworks() -> None:
    assert run(USING_THE_CORE, FRAMEWORKS) == "Ada Byron ada@example.org +12015550123"


def test_the_in_memory_registry_works_without_django() -> None:
    assert run(USING_THE_REGISTRY, {"django", "rest_framework", "drf_spectacular"}) == "Ada Byron"


@pytest.mark.parametrize("framework", ["django", "structlog"])
def test_importing_a_framework_raises_in_those_interpreters(framework: str) -> None:
    with pytest.raises(AssertionError, match=f"there is no {framework}"):
        run(f"import {framework}", FRAMEWORKS)
