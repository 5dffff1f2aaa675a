"""A client that knows nothing but our schema gets everywhere, on the running server."""

from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from subprocess import DEVNULL
from time import sleep
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import orjson
import pytest

from adapters.cli.demo_data import VISITOR, VISITOR_PHONE_UPSTREAM
from tests.e2e.conftest import ROOT, running
from tests.e2e.generated import Caller, generate

SCHEMA = ROOT / "docs" / "openapi.json"


@pytest.fixture
def anybody(tmp_path: Path, loaded: dict[str, str], port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Caller]:
    monkeypatch.syspath_prepend(tmp_path)
    package = generate(SCHEMA, tmp_path)
    with running(loaded | {"LIMIT_SIGN_IN": "1000/minute"}, port, DEVNULL) as demo:
        yield Caller.of(package, demo.home)


def test_every_operation_can_be_called_and_its_answers_and_errors_are_typed(anybody: Caller) -> None:
    show_sessions(anybody)
    show_own_sessions(anybody)
    show_accounts(anybody)
    show_services(anybody)
    show_patients(anybody)
    show_accesses(anybody)
    show_upstreams(anybody)
    show_sync_jobs(anybody)
    show_files(anybody)
    show_posts(anybody)
    paths = orjson.loads(SCHEMA.read_bytes())["paths"]
    assert anybody.called == {operation["operationId"] for methods in paths.values() for operation in methods.values()}


def show_sessions(anybody: Caller) -> None:
    models = anybody.package.models
    pair = anybody.sign_in("author")
    refreshed = anybody("refresh_session", body=models.RefreshRequest(pair.refresh)).parsed
    me = anybody.bearing(refreshed.access)("me").parsed
    assert (me.email, me.role) == ("author@clinic.example", models.RoleEnum.AUTHOR)
    assert models.PermissionsEnum.POSTS_WRITE in me.permissions
    anybody("sign_out", body=models.RefreshRequest(refreshed.refresh))
    assert anybody.problem(401, "refresh_session", body=models.RefreshRequest(refreshed.refresh)).title
    assert anybody.problem(401, "me").type_.endswith(":unauthenticated")


def show_own_sessions(anybody: Caller) -> None:
    pair = anybody.sign_in("editor")
    editor, other = anybody.bearing(pair.access), anybody.signed_in("editor")
    (current,) = [session for session in other("list_own_sessions").parsed.results if session.current]
    editor("end_own_session", current.id, expect=204)
    assert other.problem(401, "list_own_sessions").detail
    assert anybody.signed_in("reader").problem(404, "end_own_session", current.id).type_.endswith(":session-not-found")


def show_accounts(anybody: Caller) -> None:
    models = anybody.package.models
    admin, reader = anybody.signed_in("admin"), models.RoleEnum.READER
    new = models.NewUserRequest(email="eve@clinic.example", password="battery staple horse", role=reader)
    user = admin("create_user", body=new, expect=201).parsed
    assert admin("view_user", user.id).parsed == user
    assert user in admin("list_users", role=models.ListUsersRole.READER).parsed.results
    assert not admin("update_user", user.id, body=models.PatchedUserRequest(is_active=False)).parsed.is_active
    admin("update_user", user.id, body=models.PatchedUserRequest(is_active=True))
    admin("set_password", user.id, body=models.PasswordRequest("correct horse battery"), expect=204)
    signed_in = anybody("sign_in", body=models.CredentialsRequest(new.email, "correct horse battery")).parsed
    eve = anybody.bearing(signed_in.access)
    own = models.OwnPasswordRequest(current="correct horse battery", password=new.password)
    eve = anybody.bearing(eve("change_own_password", body=own).parsed.access)
    (session,) = admin("list_user_sessions", user.id).parsed.results
    admin("end_user_session", user.id, session.id, expect=204)
    assert eve.problem(401, "me").detail
    admin("end_user_sessions", user.id, expect=204)
    reset = admin("issue_password_reset", user.id, expect=201).parsed
    anybody("reset_password", body=models.NewPasswordRequest("correct horse staple", reset.code), expect=204)
    assert anybody("sign_in", body=models.CredentialsRequest(new.email, "correct horse staple")).parsed.access
    newest, *_, oldest = admin("view_user_history", user.id).parsed.results
    assert (newest.actor, oldest.action) == (f"user:{user.id}", models.AccountEventActionEnum.CREATED)
    assert oldest.details["role"] == reader


def show_services(anybody: Caller) -> None:
    models = anybody.package.models
    admin, clerk = anybody.signed_in("admin"), models.RoleEnum.CLERK
    new = models.NewServiceAccountRequest(name="lab-import", role=clerk)
    service = admin("create_service_account", body=new, expect=201).parsed
    permissions = [models.PermissionsEnum.PATIENTS_VIEW]
    new_key = models.NewKeyRequest("november", networks=["127.0.0.0/8"], permissions=permissions)
    made = admin("create_service_key", service.id, body=new_key, expect=201).parsed
    assert (made.networks, made.permissions) == (new_key.networks, permissions)
    me = anybody.bearing(made.key)("me").parsed
    assert (me.name, me.email, me.role, me.permissions) == ("lab-import", None, clerk, permissions)
    viewed = admin("view_service_account", service.id).parsed
    assert [key.id for key in viewed.keys] == [made.id]
    assert admin("list_service_accounts", name="lab-import").parsed.results == [viewed]
    changed = admin(
        "update_service_account", service.id, body=models.PatchedServiceAccountRequest(role=models.RoleEnum.READER)
    )
    assert changed.parsed.role == models.RoleEnum.READER
    admin("revoke_service_key", service.id, made.id, expect=204)
    assert anybody.bearing(made.key).problem(401, "me").detail
    assert admin("view_service_account_history", service.id).parsed.results[0].details["name"] == "november"


def show_duplicates(clerk: Caller) -> None:
    models = clerk.package.models
    ada = {"first_name": "Ada", "last_name": "Augusta Byron", "date_of_birth": "1955-12-10", "phone": "+12015550199"}
    patient = clerk("register_patient", body=models.RegistrationRequest.from_dict(ada), expect=201).parsed
    again = models.RegistrationRequest.from_dict(ada | {"override_reason": "Not sure.", "email": "ada@mail.example"})
    duplicate = clerk("register_patient", body=again, expect=201).parsed
    pairs = clerk("list_duplicates", min_probability=0.5, state=models.PairStateEnum.OPEN).parsed.results
    (pair,) = [one for one in pairs if {patient.id, duplicate.id} == {record.id for record in one.patients}]
    later = models.DecisionRequest(models.DecisionEnum.LATER)
    assert clerk("decide_duplicate", pair.id, body=later).parsed.state == models.PairStateEnum.LATER
    both = models.MergeRequestRequest(other=duplicate.id, version=patient.version)
    assert clerk("merge_patients", patient.id, body=both, preview=True).parsed.merge is None
    merged = clerk("merge_patients", patient.id, body=both).parsed
    assert (merged.patient.email, merged.other.merged_into) == ("ada@mail.example", patient.id)
    assert clerk("list_merges", duplicate.id).parsed.results == [merged.merge]
    again = models.MergeRequestRequest(other=patient.id)
    assert clerk.problem(409, "merge_patients", duplicate.id, body=again).patient_id == patient.id
    undone = clerk("undo_merge", merged.merge.id).parsed
    assert (undone.other.status, undone.kept) == (models.PatientStatusEnum.ACTIVE, [])
    scan = clerk("start_duplicate_scan", body=models.ScanRequestRequest(full=True), expect=202).parsed
    assert scan.id in [one.id for one in clerk("list_duplicate_scans").parsed.results]
    assert clerk("view_duplicate_scan", scan.id).parsed.changed_since is None
    while clerk("view_duplicate_scan", scan.id).parsed.ended_at is None:
        sleep(0.1)
    assert clerk.problem(409, "cancel_duplicate_scan", scan.id).type_.endswith(":job-ended")


def show_patients(anybody: Caller) -> None:
    models = anybody.package.models
    clerk, admin = anybody.signed_in("clerk"), anybody.signed_in("admin")
    registration = models.RegistrationRequest.from_dict(VISITOR)
    registered = clerk("register_patient", body=registration, expect=201)
    patient = registered.parsed
    assert (patient.date_of_birth, patient.sex) == ("1987-03-14", models.SexEnum.FEMALE)
    assert clerk.problem(409, "register_patient", body=registration).patient_id == patient.id
    nameless = models.RegistrationRequest.from_dict(VISITOR | {"last_name": ""})
    assert [error.field for error in clerk.problem(400, "register_patient", body=nameless).errors] == ["last_name"]

    asked = models.DemographicsRequest.from_dict({"email": patient.email})
    (candidate,) = clerk("match_patients", body=asked).parsed.results
    assert (candidate.patient.id, candidate.grade) == (patient.id, models.GradeEnum.POSSIBLE)
    assert "email" in [line.field for line in candidate.explanation if line.weight > 0]

    newest = clerk("list_patients", limit=2, count=True, status=models.ListPatientsStatus.ACTIVE).parsed
    assert (newest.results[0].to_dict(), len(newest.results)) == (patient.to_dict(), 2)
    assert newest.count > 400
    filters = models.SearchRequest(q="zoe", date_of_birth=patient.date_of_birth)
    assert [one.id for one in clerk("search_patients", body=filters).parsed.results] == [patient.id]
    listed = clerk("list_patients", ids=[patient.id], fields=[models.ListPatientsFieldsItem.EMAIL]).parsed
    assert [one.to_dict() for one in listed.results] == [{"email": patient.email}]

    seen = registered.headers["ETag"]
    assert clerk("view_patient", patient.id, if_none_match=seen, expect=304).parsed is None
    whole = models.PatientRequest.from_dict(VISITOR | {"last_name": "Hughes"})
    assert clerk("replace_patient", patient.id, body=whole, if_match=seen).parsed.full_name == "Zoë Hughes"
    inactive = models.PatchedPatientRequest(status=models.PatientStatusEnum.INACTIVE)
    assert clerk.problem(412, "change_patient", patient.id, body=inactive, if_match=seen).detail
    assert clerk("change_patient", patient.id, body=inactive).parsed.status == models.PatientStatusEnum.INACTIVE
    synced = clerk("sync_patient", patient.id).parsed
    assert (synced.outcome, synced.patient.phone) == (models.SyncOutcomeEnum.UPDATED, VISITOR_PHONE_UPSTREAM)
    event = clerk("patient_history", patient.id, limit=1).parsed.results[0]
    assert (event.action, event.fields) == (models.EventActionEnum.SYNCED, ["last_name", "phone"])
    assert event.changes["phone"].after == VISITOR_PHONE_UPSTREAM
    answer = admin("subject_access", patient.id).parsed
    assert (answer.patient["email"], answer.history[0]["action"]) == (patient.email, "synced")

    again = clerk("change_patient", patient.id, body=inactive, idempotency_key="k1")
    assert clerk("change_patient", patient.id, body=inactive, idempotency_key="k1").parsed == again.parsed
    other = clerk(
        "register_patient", body=models.RegistrationRequest(last_name="Vu", email="v@mail.example"), expect=201
    )
    swap = models.SwapRequest(other=other.parsed.id, fields=[models.SwappableEnum.EMAIL])
    swapped = clerk("swap_values", patient.id, body=swap).parsed
    assert (swapped.patient.email, swapped.other.email) == ("v@mail.example", patient.email)
    assert clerk("swap_values", patient.id, body=swap).parsed.patient.email == patient.email
    admin("erase_patient", other.parsed.id, expect=204)
    assert clerk.problem(403, "erase_patient", patient.id).detail
    admin("erase_patient", patient.id, expect=204)
    first = clerk("follow_changes", limit=200).parsed
    assert (first.results[0].action, len(first.results)) == (models.EventActionEnum.REGISTERED, 200)
    assert clerk("follow_changes", cursor=cursor_of(first.next_)).parsed.results[0] not in first.results
    assert clerk.problem(404, "view_patient", patient.id).detail
    show_duplicates(clerk)


def show_accesses(anybody: Caller) -> None:
    models = anybody.package.models
    admin, reader = anybody.signed_in("admin"), anybody.signed_in("reader")
    patient = reader("list_patients", limit=1).parsed.results[0]
    reader("view_patient", patient.id)
    seen = models.ListAccessesAction.PATIENT_VIEWED
    while not (viewed := admin("list_accesses", patient_id=patient.id, action=seen, limit=1).parsed.results):
        sleep(0.1)  # until it is stored
    assert (viewed[0].action, viewed[0].address) == (models.AccessActionEnum.PATIENT_VIEWED, "127.0.0.1")
    assert reader.problem(403, "list_accesses").detail
    [change] = admin("search_audit", patient_id=patient.id, limit=1).parsed.results
    assert (change.patient_id, change.patient_name) == (patient.id, patient.full_name)


def cursor_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["cursor"][0]


def show_upstreams(anybody: Caller) -> None:
    models = anybody.package.models
    admin, clerk = anybody.signed_in("admin"), anybody.signed_in("clerk")
    (upstream,) = admin("list_upstreams").parsed.results
    assert clerk.problem(403, "isolate_upstream", upstream.name).detail
    isolated = admin("isolate_upstream", upstream.name).parsed
    assert [process.state for process in isolated.processes] == [models.CircuitStateEnum.ISOLATED]
    assert isolated.ordered_by.startswith("user:")
    closed = admin("close_upstream", upstream.name).parsed
    assert [process.state for process in closed.processes] == [models.CircuitStateEnum.CLOSED]
    assert admin.problem(404, "close_upstream", "nobody").detail


def show_files(anybody: Caller) -> None:
    models, file = anybody.package.models, import_module("generated_client.types").File
    clerk = anybody.signed_in("clerk")
    content = clerk("export_patients").content.replace(b"@", b"@new.").replace(b"EHR-", b"NEW-")
    form = models.ImportFormRequest(file=file(BytesIO(content), "patients.csv", "text/csv"), dry_run=True)
    asked = clerk("start_import", body=form, expect=202).parsed
    assert asked.id in [one.id for one in clerk("list_imports").parsed.results]
    while (done := clerk("view_import", asked.id).parsed).ended_at is None:
        sleep(0.1)
    assert (done.state, done.dry_run) == (models.JobStateEnum.COMPLETED, True)
    assert done.counts.duplicate + done.counts.rejected == done.total > 400
    assert clerk("download_rejects", asked.id).content.startswith(b"line,field,reason,id,first_name")
    assert clerk.problem(409, "cancel_import", asked.id).type_.endswith(":job-ended")


def show_sync_jobs(anybody: Caller) -> None:
    models = anybody.package.models
    clerk, reader, admin = anybody.signed_in("clerk"), anybody.signed_in("reader"), anybody.signed_in("admin")
    admin("isolate_upstream", "upstream")  # so that the job cannot be done before it is cancelled
    scope = models.SyncScopeRequest(status=models.SyncableStatusEnum.ACTIVE)
    job = clerk("start_sync_job", body=scope, expect=202).parsed
    assert clerk("cancel_sync_job", job.id).parsed.state == models.JobStateEnum.CANCELLED
    assert (job.done, job.counts.updated, job.statuses) == (0, 0, [models.SyncableStatusEnum.ACTIVE])
    assert job.id in [one.id for one in clerk("list_sync_jobs", limit=200).parsed.results]
    assert clerk("view_sync_job", job.id).parsed.requested_by == job.requested_by
    assert clerk("list_sync_failures", job.id).parsed.results == []
    assert clerk("list_held_changes", job.id).parsed.results == []
    assert clerk.problem(403, "confirm_sync_job", job.id).detail
    show_undo_jobs(anybody, job.id)
    assert admin.problem(409, "confirm_sync_job", job.id).type_.endswith(":job-ended")
    assert reader.problem(403, "cancel_sync_job", job.id).detail
    assert clerk.problem(409, "cancel_sync_job", job.id).type_.endswith(":job-ended")
    nobody = models.SyncScopeRequest(patient_id=job.id)
    assert clerk.problem(404, "start_sync_job", body=nobody).detail
    admin("close_upstream", "upstream")


def show_undo_jobs(anybody: Caller, job_id: UUID) -> None:
    """Of a job that changed nothing."""
    clerk, admin = anybody.signed_in("clerk"), anybody.signed_in("admin")
    undo = admin("undo_sync_job", job_id, expect=202).parsed
    assert (undo.undoes, undo.total) == (job_id, 0)
    assert undo.id in [one.id for one in clerk("list_undo_jobs").parsed.results]
    while not clerk("view_undo_job", undo.id).parsed.ended_at:
        sleep(0.1)
    assert clerk("list_undo_failures", undo.id).parsed.results == []
    assert clerk.problem(409, "cancel_undo_job", undo.id).type_.endswith(":job-ended")
    assert clerk.problem(403, "undo_import", undo.id).detail


def show_posts(anybody: Caller) -> None:
    models = anybody.package.models
    author, reader = anybody.signed_in("author"), anybody.signed_in("reader")
    draft = author("write_post", body=models.DraftRequest(title="Flu season", content="Wash your hands."), expect=201)
    post = draft.parsed
    assert author("list_posts", drafts=True, limit=1).parsed.results == [post]
    whole = models.PostRequest(title="Flu season", content="Wash them well.")
    assert author("replace_post", post.id, body=whole, if_match=draft.headers["ETag"]).parsed.content == whole.content
    assert author("edit_post", post.id, body=models.PatchedPostRequest(title="Flu")).parsed.title == "Flu"
    assert anybody.problem(404, "view_post", post.id).detail
    assert author("publish_post", post.id).parsed.status == models.PublishedStatusEnum.PUBLISHED
    assert anybody("view_post", post.id).parsed.published
    assert post.id in [popular.id for popular in anybody("popular_posts").parsed.results]

    comment = reader("add_comment", post.id, body=models.CommentRequest("Thanks."), expect=201).parsed
    assert reader("list_comments", post.id).parsed.results == [comment]
    assert [one.author for one in anybody("list_comments", post.id).parsed.results] == [None]
    reader("remove_comment", post.id, comment.id, expect=204)
    author("delete_post", post.id, expect=204)
