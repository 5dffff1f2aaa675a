from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from bootstrap import Container
from core.patients.upstream import FIELDS, UpstreamCopy
from tests import strategies
from tests.contracts.conftest import Fresh, some
from tests.contracts.examples import person
from tests.fakes import NOW

COPIES = st.builds(
    UpstreamCopy,
    external_id=strategies.external_ids(),
    values=st.dictionaries(st.sampled_from(FIELDS), strategies.names()),
    asked_at=strategies.instants(),
)


@some
@given(first=COPIES, second=COPIES)
def test_the_copy_kept_last_is_the_one_in_every_field(fresh: Fresh, first: UpstreamCopy, second: UpstreamCopy) -> None:
    registry = fresh()
    registry.patients().add(person())
    for copy in (first, second):
        registry.copies().keep({person().id: copy})
        kept = registry.copies().get(person().id)
        assert kept is not None
        assert kept == copy
        assert kept.asked_at.utcoffset() == timedelta(0)


def test_there_is_none_before_the_first(registry: Container) -> None:
    registry.patients().add(person())
    assert registry.copies().get(person().id) is None
    assert registry.copies().get(uuid4()) is None


def test_each_patient_has_a_copy_of_its_own(registry: Container) -> None:
    for number in (1, 2):
        registry.patients().add(person(number))
        registry.copies().keep({person(number).id: UpstreamCopy(f"x{number}", {}, NOW)})
    registry.copies().keep({person(1).id: UpstreamCopy("y", {"phone": "7"}, datetime(2020, 1, 1, tzinfo=UTC))})
    assert registry.copies().get(person(2).id) == UpstreamCopy("x2", {}, NOW)
