"""What a parser gives, it takes again and gives unchanged: a PUT of what GET gave changes nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from core import values
from core.access import Role
from core.accounts.passwords import parse_new_password
from core.accounts.service_accounts import parse_service_name
from core.errors import InvalidValue, ValidationError
from core.patients import dates, demographics
from core.patients import values as patients
from core.patients.entities import Patient
from core.patients.fields import Rules
from core.posts.entities import Post, parse_comment
from core.posts.slugs import make_slug
from tests import strategies

TODAY = strategies.TODAY
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | st.lists(st.text()) | st.uuids()
MARKED = st.text(st.sampled_from("aeu\u01d8\u0130\u0f40\u0301\u0344\u0323\u0f73 \u200d\r\n\t-'"), max_size=40)
TEXTS = st.text(max_size=60) | MARKED
EMAILS = strategies.emails() | st.builds("{}@{}.org".format, TEXTS, TEXTS)
STAMPS = st.builds(
    "{}{}{:02}:{:02}:{:02}{}{}".format,
    st.dates(),
    st.sampled_from("Tt "),
    st.integers(0, 24),
    st.sampled_from([0, 30, 59]),
    st.integers(0, 61),
    st.sampled_from(["", ".5", ".123456789"]),
    st.sampled_from(["Z", "z", "+01:00", "-23:59", "-00:00", ""]),
)
OBJECTS = st.fixed_dictionaries({"system": TEXTS, "value": TEXTS})
PARSERS: dict[str, tuple[Callable[[object], object], SearchStrategy[object]]] = {
    "text": (values.parse_str, TEXTS),
    "one_line": (lambda raw: values.parse_single_line(raw, 20), TEXTS | strategies.names()),
    "paragraphs": (lambda raw: values.parse_multi_line(raw, 20), TEXTS),
    "email": (values.parse_email, EMAILS),
    "choice": (lambda raw: values.parse_enum(raw, Role), st.sampled_from([*Role, *map(str, Role), "ADMIN"])),
    "yes_or_no": (values.parse_bool, st.booleans()),
    "instant": (values.parse_datetime, STAMPS | strategies.instants()),
    "page_limit": (values.parse_page_limit, st.integers(-1, 300)),
    "person_name": (patients.parse_person_name, strategies.names() | MARKED),
    "iso_date": (dates.parse_date, st.dates() | st.dates().map(date.isoformat)),
    "date_of_birth": (
        lambda raw: dates.parse_past_date(raw, TODAY),
        strategies.dates_of_birth().map(date.isoformat) | strategies.partial_dates(),
    ),
    "deceased": (lambda raw: dates.parse_deceased(raw, TODAY), st.booleans() | strategies.partial_dates()),
    "language": (demographics.parse_language, st.from_regex("[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,4})?", fullmatch=True)),
    "country": (demographics.parse_country, st.from_regex("[a-zA-Z]{2}", fullmatch=True)),
    "other_names": (
        lambda raw: values.parse_list(raw, demographics.parse_other_name, 2),
        strategies.other_names(),
    ),
    "other_phones": (
        lambda raw: values.parse_list(raw, lambda item: demographics.parse_other_phone(item, "US"), 2),
        strategies.other_phones(),
    ),
    "addresses": (lambda raw: values.parse_list(raw, demographics.parse_address, 2), strategies.addresses()),
    "contacts": (
        lambda raw: values.parse_list(raw, lambda item: demographics.parse_contact(item, "US"), 2),
        strategies.contacts(),
    ),
    "sex": (patients.parse_sex, strategies.sexes().map(str)),
    "status": (patients.parse_status, strategies.statuses().map(str)),
    "external_id": (patients.parse_external_id, strategies.external_ids() | TEXTS),
    "identifier": (patients.parse_identifier, OBJECTS | strategies.identifiers()),
    "identifiers": (patients.parse_identifiers, st.lists(OBJECTS, max_size=3) | strategies.identifier_lists()),
    "patient_id": (patients.parse_patient_id, st.uuids()),
    "service_name": (parse_service_name, st.from_regex("[a-z0-9-]{1,52}", fullmatch=True)),
    "new_password": (lambda raw: parse_new_password(raw, "ada@example.org"), TEXTS),
    "comment_content": (parse_comment, TEXTS),
    "slug": (lambda raw: make_slug(str(raw)), TEXTS),
}


@pytest.mark.soak
@pytest.mark.parametrize("name", PARSERS)
def test_parsing_is_idempotent(name: str) -> None:
    parser, shapes = PARSERS[name]

    @given(shapes | ANYTHING)
    def holds(raw: object) -> None:
        try:
            parsed = parser(raw)
        except (InvalidValue, ValidationError):
            return
        again = parser(parsed)
        assert again == parsed
        assert type(again) is type(parsed)

    holds()


@given(MARKED, MARKED)
def test_writing_a_post_is_idempotent(title: str, content: str) -> None:
    def write(title: str, content: str) -> Post:
        return Post.write(UUID(int=7), datetime(2026, 1, 31, tzinfo=UTC), "me", title=title, content=content)

    try:
        post = write(title, content)
    except ValidationError:
        return
    assert write(post.title, post.content) == post
    assert post.edited(post.updated_at, title=post.title, content=post.content) is post


@given(strategies.patients())
def test_a_patient_round_trips_through_json(patient: Patient) -> None:
    rules = Rules(strategies.TODAY, "FR")
    assert patient.changed(patient.updated_at, rules, **patient.to_json()) is patient  # type: ignore[arg-type]  # as JSON has them


@pytest.mark.parametrize("raw", ["\u0130" + "\u0323" * 30, "\u01d8" + "\u0323" * 30, "a" + "\u0344" * 30])
def test_combining_marks_are_counted_in_the_stored_form(raw: str) -> None:
    with pytest.raises(InvalidValue):
        values.parse_email(f"{raw}@example.org")
    with pytest.raises(InvalidValue):
        values.parse_single_line(f"{raw}\u0323\u0323", 100)
