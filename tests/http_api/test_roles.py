"""What each role may call: a row per operation of the schema, or more where it matters whose post it is."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from attrs import field, frozen
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from bootstrap import Container
from core.access import Actor, Permission, Role
from core.accounts.entities import User
from core.patients.entities import Patient
from tests.fakes import ScriptedGateway, details
from tests.http_api.client import Answer, Api
from tests.http_api.conftest import COLLEAGUE, CSV, NOTICE, PASSWORD, SETUP

SCHEMA = orjson.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_bytes())
OPERATIONS: dict[str, tuple[str, str]] = {
    operation["operationId"]: (method.upper(), path)
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
}
NEEDED: dict[str, list[str]] = {
    operation["operationId"]: [
        permission for needed in operation.get("security", []) for permission in needed["bearer"]
    ]
    for methods in SCHEMA["paths"].values()
    for operation in methods.values()
    if {} not in operation.get("security", [])
}
CALLERS = (None, Role.READER, Role.CLERK, Role.AUTHOR, Role.EDITOR, Role.ADMIN)
NEW_USER = {"email": "new@clinic.example", "password": PASSWORD, "role": "reader"}
NEW_PASSWORD = {"password": "battery staple"}
OTHER_ROLE = {"role": "reader"}
FORM = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("patients.csv", CSV)})


@frozen
class Row:
    """`statuses` are those that each of `CALLERS` gets. `body` is valid, or gives the name of the fixture that is.
    `post` says which post the path names: `own` or another's, `published` or a `draft`."""

    operation: str
    statuses: list[int] = field(converter=lambda statuses: [int(status) for status in statuses.split()])
    body: object = None
    post: str = "published"
    query: str = ""
    content_type: str = "application/json"

    def __str__(self) -> str:
        return f"{self.operation}{self.query}-{self.post}" if self.post != "published" else self.operation + self.query

    def status_of(self, caller: Role | None) -> int:
        return self.statuses[CALLERS.index(caller)]

    def groups(self) -> list[list[Role | None]]:
        """Callers who change nothing share a test, unless the post is their own."""
        reads = OPERATIONS[self.operation][0] == "GET"
        alone = [caller for caller in CALLERS if "own" in self.post or (self.status_of(caller) < 400 and not reads)]
        return [[caller for caller in CALLERS if caller not in alone], *([caller] for caller in alone)]


ROWS = [
    #                       anybody, reader, clerk, author, editor, admin
    Row("sign_in", "            200 200 200 200 200 200", COLLEAGUE),
    Row("refresh_session", "    200 200 200 200 200 200", "refresh"),
    Row("reset_password", "     204 204 204 204 204 204", "reset"),
    Row("sign_out", "           200 200 200 200 200 200", "refresh"),
    Row("list_own_sessions", "  401 200 200 200 200 200"),
    Row("end_own_session", "    401 404 404 404 404 404"),
    Row("me", "                 401 200 200 200 200 200"),
    Row("change_own_password", "401 200 200 200 200 200", NEW_PASSWORD | {"current": PASSWORD}),
    Row("list_users", "         401 403 403 403 403 200"),
    Row("create_user", "        401 403 403 403 403 201", NEW_USER),
    Row("view_user", "          401 403 403 403 403 200"),
    Row("update_user", "        401 403 403 403 403 200", OTHER_ROLE),
    Row("set_password", "       401 403 403 403 403 204", NEW_PASSWORD),
    Row("issue_password_reset", "401 403 403 403 403 201"),
    Row("list_user_sessions", " 401 403 403 403 403 200"),
    Row("end_user_session", "   401 403 403 403 403 404"),
    Row("end_user_sessions", "  401 403 403 403 403 204"),
    Row("view_user_history", "  401 403 403 403 403 200"),
    Row("list_service_accounts", "       401 403 403 403 403 200"),
    Row("create_service_account", "      401 403 403 403 403 201", {"name": "lab-import", "role": "clerk"}),
    Row("view_service_account", "        401 403 403 403 403 200"),
    Row("update_service_account", "      401 403 403 403 403 200", OTHER_ROLE),
    Row("view_service_account_history", "401 403 403 403 403 200"),
    Row("create_service_key", "            401 403 403 403 403 201", {"name": "december"}),
    Row("revoke_service_key", "          401 403 403 403 403 204"),
    Row("list_accesses", "      401 403 403 403 403 200"),
    Row("search_audit", "       401 403 403 403 403 200"),
    Row("list_upstreams", "     401 403 403 403 403 200"),
    Row("isolate_upstream", "   401 403 403 403 403 200"),
    Row("close_upstream", "     401 403 403 403 403 200"),
    Row("export_patients", "    401 403 200 403 403 200"),
    Row("list_imports", "       401 403 200 403 403 200"),
    Row("start_import", "       401 403 202 403 403 202", FORM, content_type=MULTIPART_CONTENT),
    Row("view_import", "        401 403 200 403 403 200"),
    Row("cancel_import", "      401 403 200 403 403 200"),
    Row("download_rejects", "   401 403 200 403 403 200"),
    Row("list_sync_jobs", "     401 403 200 403 403 200"),
    Row("start_sync_job", "     401 403 202 403 403 202", {"status": "active"}),
    Row("view_sync_job", "      401 403 200 403 403 200"),
    Row("cancel_sync_job", "    401 403 200 403 403 200"),
    Row("list_held_changes", "  401 403 200 403 403 200"),
    Row("confirm_sync_job", "   401 403 403 403 403 409"),
    Row("undo_sync_job", "      401 403 403 403 403 409"),
    Row("undo_import", "        401 403 403 403 403 409"),
    Row("list_undo_jobs", "     401 403 200 403 403 200"),
    Row("view_undo_job", "      401 403 200 403 403 200"),
    Row("cancel_undo_job", "    401 403 200 403 403 200"),
    Row("list_undo_failures", " 401 403 200 403 403 200"),
    Row("list_sync_failures", " 401 403 200 403 403 200"),
    Row("list_patients", "      401 200 200 403 403 200"),
    Row("search_patients", "    401 200 200 403 403 200", {}),
    Row("match_patients", "     401 403 200 403 403 200", {"email": "ada@example.org"}),
    Row("merge_patients", "     401 403 200 403 403 200", "other_record"),
    Row("swap_values", "        401 403 200 403 403 200", "swap"),
    Row("list_merges", "        401 200 200 403 403 200"),
    Row("undo_merge", "         401 403 200 403 403 200"),
    Row("list_duplicates", "    401 403 200 403 403 200"),
    Row("decide_duplicate", "   401 403 200 403 403 200", {"decision": "different"}),
    Row("list_duplicate_scans", "  401 403 200 403 403 200"),
    Row("start_duplicate_scan", "  401 403 202 403 403 202", {"full": True}),
    Row("view_duplicate_scan", "   401 403 200 403 403 200"),
    Row("cancel_duplicate_scan", " 401 403 200 403 403 200"),
    Row("register_patient", "   401 403 201 403 403 201", details(email="new@example.org")),
    Row("view_patient", "       401 200 200 403 403 200"),
    Row("replace_patient", "    401 403 200 403 403 200", details()),
    Row("change_patient", "     401 403 200 403 403 200", {"status": "inactive"}),
    Row("erase_patient", "      401 403 403 403 403 204"),
    Row("subject_access", "     401 403 403 403 403 200"),
    Row("patient_history", "    401 200 200 403 403 200"),
    Row("follow_changes", "     401 200 200 403 403 200"),
    Row("sync_patient", "       401 403 200 403 403 200"),
    Row("list_posts", "         200 200 200 200 200 200"),
    Row("list_posts", "         401 403 403 200 200 200", query="?drafts=true"),
    Row("popular_posts", "      200 200 200 200 200 200"),
    Row("write_post", "         401 403 403 201 201 201", {"title": "Hours", "content": "9 to 5."}),
    Row("view_post", "          200 200 200 200 200 200"),
    Row("view_post", "          404 404 404 404 200 200", post="draft"),
    Row("view_post", "          404 404 404 200 200 200", post="own draft"),
    Row("replace_post", "       401 403 403 403 200 200", NOTICE),
    Row("replace_post", "       401 403 403 200 200 200", NOTICE, post="own"),
    Row("edit_post", "          401 403 403 403 200 200", {"content": "Gargle."}),
    Row("edit_post", "          401 403 403 404 200 200", {"content": "Gargle."}, post="draft"),
    Row("edit_post", "          401 403 403 200 200 200", {"content": "Gargle."}, post="own"),
    Row("publish_post", "       401 403 403 404 200 200", post="draft"),
    Row("publish_post", "       401 403 403 200 200 200", post="own draft"),
    Row("delete_post", "        401 403 403 403 204 204"),
    Row("delete_post", "        401 403 403 204 204 204", post="own"),
    Row("list_comments", "      200 200 200 200 200 200"),
    Row("list_comments", "      404 404 404 404 200 200", post="draft"),
    Row("add_comment", "        401 201 201 201 201 201", {"content": "Thanks."}),
    Row("remove_comment", "     401 403 403 403 204 204"),
]


@pytest.fixture
def refresh(registry: Container, colleague: User) -> dict[str, str]:
    return {"refresh": registry.sign_in()(**COLLEAGUE).refresh}


@pytest.fixture
def reset(registry: Container, colleague: User) -> dict[str, str]:
    _, code = registry.issue_password_reset()(actor=SETUP, user_id=colleague.id)
    return NEW_PASSWORD | {"code": code}


@pytest.fixture
def other_record(register: Callable[..., Patient]) -> dict[str, object]:
    return {"other": str(register(first_name="Augusta", email=None).id)}


@pytest.fixture
def swap(other_record: dict[str, object]) -> dict[str, object]:
    return other_record | {"fields": ["email"]}


@pytest.fixture
def post_id(registry: Container, colleague: User, row: Row, callers: dict[Role | None, Api]) -> UUID:
    name = f"user:{colleague.id}"
    for api in callers.values():
        if "own" in row.post and api.token:
            name = registry.authenticate()(access=api.token, request_id="").actor.name
    author = Actor(name, frozenset(Permission), "request")  # who writes a post may have another role by now
    post = registry.write_post()(actor=author, **NOTICE)
    if "draft" not in row.post:
        registry.publish_post()(actor=author, post_id=post.id)
    return post.id


@pytest.fixture
def callers(group: list[Role | None], signed_in: Callable[[Role], Api]) -> dict[Role | None, Api]:
    return {role: signed_in(role) if role else Api() for role in group}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("row", "group"),
    [
        pytest.param(row, group, id=f"{row}-{'-'.join(caller or 'anybody' for caller in group)}")
        for row in ROWS
        for group in row.groups()
        if group
    ],
)
def test_each_role_has_exactly_its_permissions(
    request: pytest.FixtureRequest,
    row: Row,
    callers: dict[Role | None, Api],
    colleague: User,
    upstream: ScriptedGateway,
) -> None:
    upstream.answer = {"last_name": "Byron"}
    method, path = OPERATIONS[row.operation]
    ids = {name: request.getfixturevalue(name) for name in re.findall(r"{(\w+)}", path)}
    body = request.getfixturevalue(row.body) if isinstance(row.body, str) else row.body
    for role, api in callers.items():
        response = api.call(method, path.format(**ids) + row.query, body, content_type=row.content_type)
        assert response.status_code == row.status_of(role), role
        if response.status_code in {401, 403}:
            check_refusal(response, row, api, method, path.format(**ids))


def check_refusal(refusal: Answer, row: Row, api: Api, method: str, path: str) -> None:
    """Names the permission, and comes before anything is said about the body."""
    malformed = api.call(method, f"{path}?none=1", b"{", content_type=row.content_type).status_code
    if refusal.status_code == 401:
        assert row.query or malformed == 401
    elif "needs the permission" in refusal.json()["detail"] and method != "DELETE":
        assert row.query or f"needs the permission {NEEDED[row.operation][0]}." in refusal.json()["detail"]
        assert malformed == 403 or method == "GET"


def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    rows = {row.operation for row in ROWS}
    assert not OPERATIONS.keys() - rows, "Add to ROWS which roles may call these operations."
    assert not rows - OPERATIONS.keys(), "Take these out of ROWS: the schema has no such operations."
