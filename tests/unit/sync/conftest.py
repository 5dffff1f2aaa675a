from collections.abc import Callable

import pytest

from bootstrap import Container
from core.patients.entities import Patient
from core.sync.merge import SyncResult
from tests.fakes import CLERK, Answer, ScriptedGateway, details

Sync = Callable[[Answer], SyncResult]


@pytest.fixture
def ada(registry: Container) -> Patient:
    """Known to upstream as x7."""
    return registry.register_patient()(actor=CLERK, **details(external_id="x7"))


@pytest.fixture
def sync(registry: Container, ada: Patient, gateway: ScriptedGateway) -> Sync:
    """Syncs Ada while upstream answers so."""

    def sync(answer: Answer) -> SyncResult:
        gateway.answer = answer
        return registry.sync_patient()(actor=CLERK, patient_id=ada.id)

    return sync
