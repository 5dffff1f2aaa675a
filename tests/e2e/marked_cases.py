"""Requests that are generated from the committed schema, with marked and with naughty values in them."""

from collections.abc import Mapping
from random import Random
from typing import Any

import orjson
import requests
import schemathesis
from attrs import frozen
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from core.access import Role
from tests.e2e.conftest import ROOT
from tests.e2e.deployment import ADDRESS
from tests.e2e.marked_callers import Callers
from tests.e2e.markers import BIRTHDAY, MARK, NAUGHTY, PHONE

CHECKS = [
    status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
]  # fmt: skip
BY_NAME = {"phone": PHONE, "date_of_birth": BIRTHDAY, "email": f"{MARK}@mail.example"}
GENERATED_HEADERS = {"If-Match", "Idempotency-Key"}
MARKED = 0.7  # the share of texts with a mark
HEADERS = ("Accept", "Accept-Language", "Cookie", "Idempotency-Key", "If-None-Match", "Range", "Referer", "User-Agent")
schema = schemathesis.openapi.from_dict(orjson.loads((ROOT / "docs" / "openapi.json").read_bytes()))
operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
Sent = tuple[str, Case, dict[str, str]]
"""The id of the operation, the request and its headers."""
MODES = (GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@frozen
class Marking:
    """Puts marks into what is generated, most of them beside something naughty."""

    callers: Callers
    random: Random

    def text(self, usual: str = MARK) -> str:
        before, after = self.random.choices(NAUGHTY, k=2)
        text = self.random.choice([usual, MARK + after, before + MARK, before + MARK + after])
        return text.replace(MARK, self.callers.markers.new())

    def marked(self, value: Any, name: str = "") -> Any:
        if isinstance(value, Mapping):
            return {key: self.marked(member, key) for key, member in value.items()}
        if isinstance(value, list):
            return [self.marked(item, name) for item in value]
        if isinstance(value, str) and self.random.random() < MARKED:
            return self.text(BY_NAME.get(name, MARK))
        return value

    def encodable(self, value: Any) -> Any:
        """Without lone surrogates, which nothing but JSON can carry."""
        if isinstance(value, dict):
            return {key: self.encodable(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.encodable(item) for item in value]
        return value.encode(errors="replace").decode() if isinstance(value, str) else value

    def headers(self, token: str | None) -> dict[str, str]:
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": ADDRESS, "Accept-Encoding": "identity"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if self.random.random() < MARKED / 3:
            sendable = "".join(character for character in self.text() if " " <= character < "\x7f").strip()
            headers[self.random.choice(HEADERS)] = sendable[:1000]
        return headers


@st.composite
def requests_of(draw: st.DrawFn, callers: Callers) -> Sent:
    """Posts are for everybody to see: they get no marks.

    The choices come from a number, as hypothesis would choose the same operations and accounts too often."""
    random = Random(draw(st.integers(0, 2**64)))
    marking, operation = Marking(callers, random), random.choice(operations)
    case: Case = draw(operation.as_strategy(random.choice(MODES)))
    name, body, query = operation.definition.raw["operationId"], case.body, dict(case.query or {})
    if "post" not in name and "comment" not in name:
        body, query = marking.marked(body), marking.encodable(marking.marked(query))
    path = {
        part: random.choice(callers.ids[part]) if part in callers.ids and random.random() < MARKED else value
        for part, value in (case.path_parameters or {}).items()
    }
    sent = operation.Case(
        path_parameters=path,
        query=query,
        headers={key: value for key, value in (case.headers or {}).items() if key in GENERATED_HEADERS},
        body=body if "json" in (case.media_type or "") else marking.encodable(body),
        media_type=case.media_type,
    )
    admin = callers.tokens[Role.ADMIN]  # is refused least
    return name, sent, marking.headers(random.choice([None, *callers.tokens.values(), *[admin] * 4]))


def send(callers: Callers, session: requests.Session, name: str, case: Case, headers: dict[str, str]) -> None:
    answer = case.call(base_url=callers.deployment.url, headers=headers, session=session)
    values = {header: ", ".join(given) for header, given in answer.headers.items()}
    callers.observed.answer(name, answer.request.url or "", answer.status_code, values, answer.content)
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as failures:
        for failure in failures.exceptions:
            callers.observed.fault(f"{name}: {type(failure).__name__} {answer.status_code}", str(failure))
