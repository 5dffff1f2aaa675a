"""Callers of every role, whose values are marked."""

from typing import Any

import httpx
from attrs import field, frozen

from core.access import Role
from tests.e2e.deployment import Deployment
from tests.e2e.markers import BIRTHDAY, PHONE, Markers
from tests.e2e.observed import Observed


@frozen(repr=False)
class Callers:
    """`tokens` are those of each role, `ids` those that paths can name."""

    deployment: Deployment
    markers: Markers
    observed: Observed
    tokens: dict[str, str]
    ids: dict[str, list[str]] = field(factory=dict[str, list[str]], init=False)

    def call(
        self, method: str, path: str, role: str | None = None, token: str | None = None, **given: Any
    ) -> httpx.Response:
        with self.deployment.client(token or (self.tokens[role] if role else None)) as client:
            url = path if path.startswith("/") else f"/api/v1/{path}"
            answer = client.request(method, url, **given)
        what = f"{method} {path.partition('?')[0]}"
        self.observed.answer(what, str(answer.request.url), answer.status_code, answer.headers, answer.content)
        return answer

    def person(self, **given: object) -> dict[str, object]:
        new = self.markers.new
        return {
            "first_name": new(), "middle_name": new(), "last_name": new(), "email": f"{new()}@mail.example",
            "phone": PHONE, "date_of_birth": BIRTHDAY, "external_id": new(),
            "identifiers": [{"system": f"urn:{new()}", "value": new()}],
            "addresses": [{"lines": [new()], "city": new(), "postal_code": new(), "country": "DE"}],
            "override_reason": new(),
        } | given  # fmt: skip

    def add_service(self) -> None:
        account = self.call("POST", "service-accounts/", Role.ADMIN, json={"name": "lab", "role": "clerk"}).json()["id"]
        made, other = (
            self.call("POST", f"service-accounts/{account}/keys/", Role.ADMIN, json={"name": self.markers.new()}).json()
            for _ in range(2)
        )
        self.markers.keep(other["key"])
        self.tokens["service"] = self.markers.keep(made["key"])
        self.keep_ids(account_id=account, key_id=other["id"])

    def keep_ids(self, **ids: str) -> None:
        for name, one in ids.items():
            self.ids.setdefault(name, []).append(one)

    def signed_in(self, email: str, password: str) -> str:
        pair = self.call("POST", "auth/token/", json={"email": email, "password": password}).json()
        self.markers.keep(pair["refresh"])
        return self.markers.keep(pair["access"])
