"""What a cache between the registry and its callers could mix up."""

import re
from collections.abc import Callable
from itertools import product
from string import Formatter

import pytest

from bootstrap import Container
from core.access import Role
from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.conftest import NOTICE, SETUP
from tests.http_api.test_roles import OPERATIONS

pytestmark = pytest.mark.django_db(transaction=True)

READS = [name for name, (method, _) in OPERATIONS.items() if method == "GET"]


@pytest.mark.parametrize("name", READS)
def test_shared_caches_do_not_store_responses(admin: Api, request: pytest.FixtureRequest, name: str) -> None:
    _, path = OPERATIONS[name]
    ids = {one: request.getfixturevalue(one) for _, one, _, _ in Formatter().parse(path) if one}
    answer = admin.get(path.format(**ids))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == ("private, no-cache" if name == "view_post" else "no-store")
    assert {"Accept-Encoding", "origin"} <= set(answer["Vary"].split(", "))


@pytest.mark.parametrize(
    "suffix",
    ["x.css", "/x.css", ".css", ";x.css", "%2fx.css", "%3bx.css", "%00x.css", "%0ax.css", "%3fx.css", "%23x.css",
     "?x.css", ".json", "..%2f..%2f..%2f..%2fstatic%2fweb%2fhome.css", "../../../../static/web/home.css"],
)  # fmt: skip
def test_a_record_has_no_url_that_looks_like_a_static_file(admin: Api, ada: Patient, suffix: str) -> None:
    record = f"/api/v1/patients/{ada.id}"
    for path in (f"{record}/{suffix}", record + suffix, f"/api/v1/users/me/{suffix}", f"/static/..{record}/{suffix}"):
        answer = admin.get(path)
        assert answer.status_code in {400, 404}, path
        assert not re.search(f"{ada.last_name}|clinic.example", answer.content.decode()), path
        assert answer.get("Cache-Control", "no-store") == "no-store"


def test_the_etag_of_another_user_does_not_match(
    signed_in: Callable[[Role], Api], registry: Container, ada: Patient
) -> None:
    clerk, author, editor = (signed_in(role) for role in (Role.CLERK, Role.AUTHOR, Role.EDITOR))
    draft = registry.write_post()(actor=SETUP, **NOTICE)
    refused = {f"patients/{ada.id}/": (clerk, (author, 403), (Api(), 401), (Api("a.b.c"), 401))}
    refused[f"posts/{draft.id}/"] = (editor, (author, 404), (clerk, 404), (Api(), 404))
    for path, (owner, *others) in refused.items():
        tag = owner.get(path)["ETag"]
        assert owner.get(path, If_None_Match=tag).status_code == 304
        for (caller, status), sent in product(others, (tag, f"W/{tag}", "*", f'"x", {tag}')):
            answer = caller.get(path, If_None_Match=sent)
            assert (answer.status_code, "ETag" in answer) == (status, False)
