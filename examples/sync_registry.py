"""Registers the first fifty demo patients in Django's registry, and brings each in step with the upstream system.

.venv/bin/python manage.py migrate
.venv/bin/python manage.py upstream_simulator &
EXTERNAL_API_BASE_URL=http://127.0.0.1:9000 PYTHONPATH=src .venv/bin/python examples/sync_registry.py
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import islice
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from adapters.cli.demo_data import demo_patients
from bootstrap import django_registry
from core.access import Actor
from core.errors import RegistryError
from core.patients.entities import Registration

T = TypeVar("T")

registry = django_registry()
actor = Actor.system("sync_registry")
console = Console()


def main() -> None:
    logging.disable(logging.INFO)  # the bar takes the place of a log line for each call
    some = list(islice(demo_patients().items(), 50))
    outcomes = Counter(outcome(external_id, details) for external_id, details in shown(some))
    for name, count in outcomes.most_common():
        console.print(f"{count:4} {name}")


def outcome(external_id: str, details: Registration) -> str:
    """An error concerns this patient alone: the others go on."""
    try:
        found = registry.search_patients()(actor=actor, external_id=external_id).patients
        patient = found[0] if found else registry.register_patient()(actor=actor, **details)
        return registry.sync_patient()(actor=actor, patient_id=patient.id).outcome
    except RegistryError as error:
        return error.kind


def shown(items: Collection[T]) -> Iterator[T]:
    """A bar on a terminal, plain lines elsewhere."""
    if console.is_terminal:
        yield from track(items, "Syncing", console=console)
        return
    for number, item in enumerate(items, start=1):
        yield item
        if number % 10 == 0:
            console.print(f"{number} of {len(items)} done")


if __name__ == "__main__":
    main()
