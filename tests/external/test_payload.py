import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.external.transport.payload import parse_object
from core.errors import InvalidUpstreamResponse

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=3)


@given(OBJECTS, st.booleans())
def test_json_objects_round_trip(value: dict[str, object], escaped: bool) -> None:
    assert parse_object(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(VALUES.filter(lambda value: not isinstance(value, dict)))
def test_json_that_is_not_an_object_is_refused(value: object) -> None:
    with pytest.raises(InvalidUpstreamResponse, match="JSON object"):
        parse_object(json.dumps(value).encode())


@given(st.binary() | st.text(alphabet='{}[]":,\\u0dD8 1eE+-.NaInfity').map(str.encode))
def test_arbitrary_bytes_are_strict_json_or_refused(body: bytes) -> None:
    try:
        value = parse_object(body)
    except InvalidUpstreamResponse:
        return
    assert json.loads(json.dumps(value, ensure_ascii=False, allow_nan=False).encode()) == value


@given(OBJECTS, st.integers(1, 20))
def test_truncated_object_is_refused(value: dict[str, object], cut: int) -> None:
    with pytest.raises(InvalidUpstreamResponse):
        parse_object(json.dumps(value).encode()[:-cut])
