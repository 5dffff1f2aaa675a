from pathlib import Path

import pytest

from bootstrap import Container, in_memory_registry
from core.access_log.entities import AccessAction
from core.errors import Forbidden, Unavailable
from tests.fakes import ADMIN, CLERK

FILE = Path("backup")


@pytest.fixture
def registry() -> Container:
    return in_memory_registry()


def test_only_admins_and_the_operator_back_up_and_restore(registry: Container) -> None:
    for use_case in (registry.back_up(), registry.restore()):
        with pytest.raises(Forbidden):
            use_case(actor=CLERK, path=FILE)


def test_a_registry_in_memory_has_no_backups(registry: Container) -> None:
    for use_case in (registry.back_up(), registry.restore()):
        with pytest.raises(Unavailable, match="in memory"):
            use_case(actor=ADMIN, path=FILE)


def test_a_backup_is_in_the_access_log(registry: Container) -> None:
    with pytest.raises(Unavailable):
        registry.back_up()(actor=ADMIN, path=FILE)
    (entry,) = registry.list_accesses()(actor=ADMIN, filters={"action": AccessAction.BACKED_UP}).entries
    assert entry.actor == ADMIN.name
