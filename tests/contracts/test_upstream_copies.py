from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from bootstrap import Container
from core.sync.merge import FIELDS, UpstreamSnapshot
from tests import strategies
from tests.contracts.conftest import Fresh, some
from tests.contracts.examples import person
from tests.fakes import NOW

COPIES = st.builds(
    UpstreamSnapshot,
    external_id=strategies.external_ids(),
    values=st.dictionaries(st.sampled_from(FIELDS), strategies.names()),
    requested_at=strategies.instants(),
)


@some
@given(first=COPIES, second=COPIES)
def test_the_snapshot_saved_last_is_returned_in_every_field(
    fresh: Fresh, first: UpstreamSnapshot, second: UpstreamSnapshot
) -> None:
    registry = fresh()
    registry.patients().add(person())
    for copy in (first, second):
        registry.snapshots().save({person().id: copy})
        kept = registry.snapshots().get(person().id)
        assert kept is not None
        assert kept == copy
        assert kept.requested_at.utcoffset() == timedelta(0)


def test_there_is_no_snapshot_before_the_first_save(registry: Container) -> None:
    registry.patients().add(person())
    assert registry.snapshots().get(person().id) is None
    assert registry.snapshots().get(uuid4()) is None


def test_each_patient_has_its_own_snapshot(registry: Container) -> None:
    for number in (1, 2):
        registry.patients().add(person(number))
        registry.snapshots().save({person(number).id: UpstreamSnapshot(f"x{number}", {}, NOW)})
    registry.snapshots().save({person(1).id: UpstreamSnapshot("y", {"phone": "7"}, datetime(2020, 1, 1, tzinfo=UTC))})
    assert registry.snapshots().get(person(2).id) == UpstreamSnapshot("x2", {}, NOW)


def test_removing_a_patient_removes_its_snapshot_only(registry: Container) -> None:
    for number in (1, 2):
        registry.patients().add(person(number))
        registry.snapshots().save({person(number).id: UpstreamSnapshot(f"x{number}", {}, NOW)})
    registry.patients().remove(person(1).id)
    assert registry.snapshots().get(person(1).id) is None
    assert registry.snapshots().get(person(2).id) is not None
