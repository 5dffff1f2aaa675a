import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from html.parser import HTMLParser
from typing import cast
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import time_machine
from attrs import evolve
from dependency_injector.providers import Object
from django.contrib import admin
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adapters.caching.backend import CacheBackend
from adapters.caching.rate_limiter import CacheRateLimiter
from bootstrap import Container
from core.access import Actor, Role
from core.errors import Unavailable
from core.jobs.entities import JobKind
from core.patients.entities import Patient
from core.patients.values import Status
from core.ports import RateLimit, RateLimitScope
from tests.fakes import NOW, ScriptedGateway
from tests.http_api.conftest import PASSWORD, SETUP

pytestmark = pytest.mark.django_db(transaction=True)

EDITOR = Actor.system("editor")


class Page(HTMLParser):
    """The links of a page and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links |= {value for name, value in attrs if name == "href" and value}

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(response: object) -> Page:
    page = cast("HttpResponse", response)  # of the test client, which makes a class of its own
    assert page.status_code == 200, page.content
    return Page(page.content.decode())


@pytest.fixture
def sign_in_as(registry: Container) -> Callable[[Role], Client]:
    """A browser signed in through the form."""

    def sign_in(role: Role) -> Client:
        email = f"{role}@clinic.example"
        registry.create_user()(actor=SETUP, email=email, password=PASSWORD, role=role)
        client = Client(raise_request_exception=False)
        signed_in = client.post("/admin/login/", {"username": f" {email.title()}", "password": PASSWORD})
        assert signed_in.status_code == 302, Page(signed_in.content.decode()).text
        return client

    return sign_in


@pytest.fixture
def manager(sign_in_as: Callable[[Role], Client]) -> Client:
    return sign_in_as(Role.ADMIN)


def act(client: Client, changelist: str, action: str, *ids: object, **more: str) -> str:
    """What the page says after the action."""
    body = {"action": action, "_selected_action": [str(one) for one in ids], **more}
    return shown(client.post(reverse(f"admin:{changelist}_changelist"), body, follow=True)).text


def submit(client: Client, name: str, body: Mapping[str, object], *args: object) -> HttpResponse:
    return cast("HttpResponse", client.post(reverse(f"admin:{name}", args=args), body))


def test_the_log_line_of_a_page_names_the_user(
    registry: Container, manager: Client, caplog: pytest.LogCaptureFixture
) -> None:
    (user,) = registry.list_users()(actor=SETUP).items
    with caplog.at_level(logging.INFO):
        manager.get("/admin/")
        Client().get("/admin/login/")
    lines = [cast("dict[str, str]", record.msg) for record in caplog.records]
    assert [(line["route"], line["actor"]) for line in lines if line["event"] == "request"] == [
        ("/admin/", f"user:{user.id}"),
        ("/admin/login/", "anonymous"),
    ]


def test_every_page_is_shown_with_its_search_filters_and_links(
    manager: Client, registry: Container, ada: Patient, name: str, upstream: ScriptedGateway
) -> None:
    post = registry.write_post()(actor=EDITOR, title="Flu season", content="Text.")
    registry.publish_post()(actor=EDITOR, post_id=post.id)
    registry.add_comment()(actor=EDITOR, post_id=post.id, content="Thanks.")
    registry.override_upstream()(actor=SETUP, upstream=name, isolated=False)
    job = registry.start_sync_job()(actor=SETUP)
    registry.run_job()(actor=SETUP, job_id=job.id)
    index = shown(manager.get("/admin/"))
    assert len(admin.site._registry) == 8
    followed = {"/admin/logout/", "?"}
    for model, model_admin in admin.site._registry.items():
        options = model._meta
        changelist = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        assert changelist in index.links
        page = shown(manager.get(changelist))
        for row in model._default_manager.all():
            detail = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])
            assert any(link.startswith(detail) for link in page.links), detail
            new = shown(manager.get(detail)).links - followed
            followed |= new
            for link in new:
                assert link.startswith("/static/") or manager.get(link).status_code == 200, link
        for term in ("x", "flu", "a@b", str(ada.id), "\x00", "%", "'", " "):
            assert manager.get(f"{changelist}?{urlencode({'q': term})}").status_code == 200, term
        for link in (link for link in page.links if link.startswith("?")):
            assert manager.get(changelist + link).status_code == 200, link
        assert model_admin.search_fields


def test_each_role_sees_the_pages_its_permissions_allow(sign_in_as: Callable[[Role], Client]) -> None:
    def models_for(role: Role) -> set[str]:
        links = shown(sign_in_as(role).get("/admin/")).links
        return {link.split("/")[3] for link in links if link.count("/") == 4 and not link.startswith("/static/")}

    patients, posts = {"patient", "patientevent"}, {"post", "comment"}
    jobs, upstreams = {"job", "syncjobresult"}, {"upstreamoverride", "upstreamreport"}
    assert models_for(Role.READER) == patients
    assert models_for(Role.CLERK) == patients | jobs
    assert models_for(Role.EDITOR) == posts
    assert models_for(Role.ADMIN) == patients | posts | jobs | upstreams


def test_users_without_permission_are_kept_out(registry: Container, sign_in_as: Callable[[Role], Client]) -> None:
    assert Client().get("/admin/patients/patient/").status_code == 302
    with pytest.raises(AssertionError, match="staff account"):
        sign_in_as(Role.AUTHOR)
    reader = sign_in_as(Role.READER)
    for path in ("accounts/user/", "posts/post/", "patients/patient/add/", "auth/group/"):
        assert reader.get(f"/admin/{path}").status_code in {403, 404}, path


def test_records_cannot_be_changed_with_a_form(manager: Client, ada: Patient, registry: Container) -> None:
    path = reverse("admin:patients_patient_change", args=[ada.id])
    assert manager.post(path, {"first_name": "Eve"}).status_code == 403
    assert manager.post(path.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert registry.patients().get(ada.id) == ada


@pytest.mark.parametrize("term", ["byr ad", "byronada", "ada@example.org", "ADA@EXAMPLE.ORG "])
def test_patients_are_found_by_words_email_and_id(manager: Client, ada: Patient, term: str) -> None:
    for query, found in ((term, True), (str(ada.id), True), ("eve", False), ("eve@example.org", False), ("--", False)):
        page = shown(manager.get("/admin/patients/patient/", {"q": query}))
        detail = reverse("admin:patients_patient_change", args=[ada.id])
        assert any(link.startswith(detail) for link in page.links) == found, query


def test_archiving_reports_patients_that_cannot_be_archived(
    manager: Client, registry: Container, register: Callable[..., Patient]
) -> None:
    one, other = register(), register(email="eve@example.org")
    assert "1 now inactive." in act(manager, "patients_patient", "deactivate", one.id)
    text = act(manager, "patients_patient", "archive", one.id, other.id, confirmed="yes")
    assert "1 now archived." in text
    assert "1 not done: A patient's status cannot move from active to archived." in text
    assert registry.patients().get(other.id) == other
    assert registry.patients().get(one.id).status is Status.ARCHIVED
    event = registry.view_history()(actor=SETUP, patient_id=one.id).events[0]
    assert event.actor.startswith("user:")
    assert event.request_id


def test_archiving_asks_for_confirmation_first(
    manager: Client, registry: Container, register: Callable[..., Patient]
) -> None:
    one = register(last_name="<b>Byron")
    register(email="eve@example.org", last_name="Zuse")
    act(manager, "patients_patient", "deactivate", one.id)
    body = {"action": "archive", "_selected_action": [str(one.id)]}
    page = manager.post("/admin/patients/patient/", body)
    for part in (
        "Only inactive patients can be archived.",
        "&lt;b&gt;Byron, ",
        ": inactive",
        "csrfmiddlewaretoken",
        "Confirm",
    ):
        assert part in page.content.decode(), part
    assert f'name="_selected_action" value="{one.id}"' in page.content.decode()
    assert "Zuse" not in page.content.decode()
    assert registry.patients().get(one.id).status is Status.INACTIVE
    manager.handler.enforce_csrf_checks = True
    assert manager.post("/admin/patients/patient/", body | {"confirmed": "yes"}).status_code == 403
    assert registry.patients().get(one.id).status is Status.INACTIVE
    manager.post("/admin/patients/patient/", body | {
        "confirmed": "yes", "csrfmiddlewaretoken": manager.cookies["csrftoken"].value
    })  # fmt: skip
    assert registry.patients().get(one.id).status is Status.ARCHIVED


def test_an_archived_patient_becomes_active_again_through_inactive(
    manager: Client, registry: Container, register: Callable[..., Patient]
) -> None:
    patient = register(status="archived")
    text = act(manager, "patients_patient", "activate", patient.id)
    assert "1 not done: A patient's status cannot move from archived to active." in text
    assert "1 now inactive." in act(manager, "patients_patient", "deactivate", patient.id)
    assert "1 now active." in act(manager, "patients_patient", "activate", patient.id)
    assert registry.patients().get(patient.id).status is Status.ACTIVE


def test_user_managers_see_emails_of_actors_with_one_more_query(
    sign_in_as: Callable[[Role], Client], registry: Container, register: Callable[..., Patient]
) -> None:
    manager, clerk = sign_in_as(Role.ADMIN), sign_in_as(Role.CLERK)
    for number in range(3):
        act(manager, "patients_patient", "deactivate", register(email=f"p{number}@example.org").id)
    email, queries = f"{Role.ADMIN}@clinic.example", []
    for client, times in ((manager, 3), (clerk, 0)):
        with CaptureQueriesContext(connection) as captured:
            text = shown(client.get("/admin/patients/patientevent/")).text
        assert text.count(email) == times + (client is manager)  # and who is signed in
        assert ("user:" in text) == (client is clerk)
        queries.append(len(captured))
    assert queries[0] == queries[1] + 1
    found = shown(manager.get("/admin/patients/patientevent/", {"q": email})).text
    assert found.count(email) == 4
    user = next(one for one in registry.list_users()(actor=SETUP).items if one.email == email)
    registry.start_sync_job()(actor=Actor.user(user.id, Role.ADMIN, "r-1"))
    for path in ("jobs/job/", "jobs/job/{}/change/"):
        (job,) = registry.list_jobs()(actor=SETUP, kind=JobKind.SYNC).items
        assert email in shown(manager.get(f"/admin/{path.format(job.id)}")).text
        assert f"user:{user.id}" in shown(clerk.get(f"/admin/{path.format(job.id)}")).text


def test_the_sync_action_counts_outcomes(
    manager: Client, upstream: ScriptedGateway, register: Callable[..., Patient], registry: Container
) -> None:
    one, other = register(external_id="x1"), register(email="eve@example.org", external_id="x2")
    upstream.answer = {"first_name": "Augusta"}
    assert "2 updated." in act(manager, "patients_patient", "sync", one.id, other.id)
    assert registry.patients().get(one.id).first_name == "Augusta"
    upstream.answer = Unavailable()
    assert "2 stale." in act(manager, "patients_patient", "sync", one.id, other.id)
    upstream.answer = None
    assert "1 not done: No external data found for patient" in act(manager, "patients_patient", "sync", one.id)


def test_the_sync_action_is_limited_in_size_and_rate(
    manager: Client, upstream: ScriptedGateway, register: Callable[..., Patient], registry: Container
) -> None:
    patients = [register(email=f"p{number}@example.org", external_id=f"x{number}").id for number in range(5)]
    assert "select at most 4" in act(manager, "patients_patient", "sync", *patients)
    assert upstream.asked == []
    few = CacheRateLimiter(CacheBackend(), dict.fromkeys(RateLimitScope, RateLimit(3, 86_400)))
    with registry.limiter.override(Object(few)):
        assert "1 not done: Too many requests." in act(manager, "patients_patient", "sync", *patients[:4])
    assert len(upstream.asked) == 3


@pytest.mark.parametrize(
    "path",
    [
        "patients/patient/?first_name__regex=(a*)*$",
        "patients/patient/?date_of_birth__year=99999999999",
        "patients/patient/?status__regex=(a*)*$",
        "patients/patient/?status__exact=%00",
        "patients/patientevent/?patient_id__in=1,2,3",
        "posts/comment/?post__content__icontains=a",
    ],
)
def test_lists_accept_only_the_filters_of_their_pages(manager: Client, path: str) -> None:
    assert manager.get(f"/admin/{path}").status_code == 400


def test_view_on_site_is_not_available(manager: Client) -> None:
    assert manager.get("/admin/r/1/x/").status_code == 404


@pytest.mark.parametrize("path", ["patients/patient", "posts/post", "sync/syncjobresult"])
@pytest.mark.parametrize("term", ["word " * 30, "\u0301\u0323" * 200])
def test_a_search_that_is_too_long_shows_a_warning_and_no_rows(manager: Client, path: str, term: str) -> None:
    page = shown(manager.get(f"/admin/{path}/", {"q": term}))
    assert "A search must be at most 254 characters and 10 words." in page.text


def test_a_field_sent_twice_is_an_error(manager: Client) -> None:
    given = {"current": [PASSWORD, "x"], "password": "battery staple"}
    assert "Must be sent only once." in shown(submit(manager, "password_change", given)).text


@pytest.mark.parametrize("chosen", ["abc", "1", "\x00", "9" * 40])
@pytest.mark.parametrize("path", ["patients/patient", "posts/comment"])
def test_selecting_an_invalid_id_is_a_bad_request(manager: Client, path: str, chosen: str) -> None:
    actions = {"patients/patient": "archive", "posts/comment": "remove"}
    body = {"action": actions[path], "_selected_action": [chosen]}
    assert manager.post(f"/admin/{path}/", body).status_code == 400


def test_the_sign_in_form_limits_the_length_of_a_password(registry: Container) -> None:
    given = {"username": "admin@clinic.example", "password": "x" * 257}
    assert "at most 256 characters" in shown(Client().post("/admin/login/", given)).text


@pytest.mark.parametrize("path", ["patients/patient", "posts/post"])
def test_the_page_of_an_unknown_record_redirects(manager: Client, path: str) -> None:
    assert manager.get(f"/admin/{path}/abc/change/").status_code == 302
    assert manager.get(f"/admin/{path}/{uuid4()}/change/").status_code == 302


def test_sync_results_are_found_by_patient_and_by_job(
    manager: Client, registry: Container, register: Callable[..., Patient], upstream: ScriptedGateway
) -> None:
    ada, eve = register(), register(email="eve@example.org")
    jobs = [registry.start_sync_job()(actor=SETUP, patient_id=patient.id) for patient in (ada, eve)]
    for job in jobs:
        registry.run_job()(actor=SETUP, job_id=job.id)
    job_page = reverse("admin:jobs_job_change", args=[jobs[0].id])
    (outcomes,) = [link for link in shown(manager.get(job_page)).links if "syncjobresult" in link and "job=" in link]
    for query in (outcomes, f"/admin/sync/syncjobresult/?q={ada.id}", "/admin/sync/syncjobresult/?q=nobody"):
        text = shown(manager.get(query)).text
        assert (str(ada.id) in text.replace(f"q={ada.id}", ""), str(eve.id) in text) == ("nobody" not in query, False)


def test_a_reader_has_no_actions(sign_in_as: Callable[[Role], Client], ada: Patient, registry: Container) -> None:
    reader = sign_in_as(Role.READER)
    for action in ("activate", "deactivate", "archive"):
        body = {"action": action, "_selected_action": [str(ada.id)], "confirmed": "yes"}
        assert "Confirm" not in reader.post("/admin/patients/patient/", body).content.decode()
    assert registry.patients().get(ada.id) == ada


def test_an_action_rejects_too_many_selected_rows(
    manager: Client, registry: Container, register: Callable[..., Patient]
) -> None:
    first = register()
    patients = registry.patients()
    for number in range(100):
        patient = evolve(first, id=registry.ids().new(first.created_at), email=f"p{number}@example.org")
        patients.add(evolve(patient, external_id=str(number)))
    body = {"action": "archive", "_selected_action": [str(first.id)], "select_across": "1"}
    text = shown(manager.post("/admin/patients/patient/", body, follow=True)).text
    assert "Nothing was changed: select at most 100." in text
    assert patients.get(first.id) == first


def test_actions_publish_posts_and_remove_comments(manager: Client, registry: Container) -> None:
    post = registry.write_post()(actor=EDITOR, title="Flu season", content="Text.")
    assert "1 published." in act(manager, "posts_post", "publish", post.id)
    assert "1 not done: " in act(manager, "posts_post", "publish", post.id)
    comment = registry.add_comment()(actor=EDITOR, post_id=post.id, content="Thanks.")
    assert "1 removed." in act(manager, "posts_comment", "remove", comment.id)
    assert registry.posts().get(post.id).comment_count == 0


def test_disabling_or_demoting_a_user_ends_admin_access_immediately(
    registry: Container, sign_in_as: Callable[[Role], Client]
) -> None:
    sign_in_as(Role.ADMIN)
    reader = sign_in_as(Role.READER)
    (user,) = registry.list_users()(actor=SETUP, role="reader").items
    registry.update_user()(actor=SETUP, user_id=user.id, role="author")
    assert reader.get("/admin/").status_code == 302
    registry.update_user()(actor=SETUP, user_id=user.id, role="reader")
    assert reader.get("/admin/").status_code == 200
    for is_active in (False, True):
        registry.update_user()(actor=SETUP, user_id=user.id, is_active=is_active)
        assert reader.get("/admin/").status_code == 302


def test_users_change_their_own_password_and_stay_signed_in(manager: Client, registry: Container) -> None:
    other = Client()
    other.post("/admin/login/", {"username": "admin@clinic.example", "password": PASSWORD})
    assert (
        "Must be your current password"
        in shown(submit(manager, "password_change", {"current": "wrong password", "password": "battery staple"})).text
    )
    changed = submit(manager, "password_change", {"current": PASSWORD, "password": "battery staple"})
    assert changed.status_code == 302
    assert manager.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302
    registry.sign_in()(email="admin@clinic.example", password="battery staple")


def test_wrong_passwords_and_invalid_emails_do_not_sign_in(registry: Container, manager: Client) -> None:
    for username, password in (("admin@clinic.example", "wrong password"), ("admin", PASSWORD), ("", "")):
        response = Client().post("/admin/login/", {"username": username, "password": password})
        assert "Please" in shown(response).text
        assert "sessionid" not in response.cookies


def test_users_must_change_a_password_that_an_admin_set(registry: Container) -> None:
    boss, email = Actor.user(uuid4(), Role.ADMIN, "request-1"), "eve@clinic.example"
    registry.create_user()(actor=boss, email=email, password=PASSWORD, role=Role.CLERK)
    eve, change = Client(), reverse("admin:password_change")
    eve.post("/admin/login/", {"username": email, "password": PASSWORD})
    for path in ("/admin/", reverse("admin:patients_patient_changelist")):
        response = eve.get(path)
        assert (response.status_code, response["Location"]) == (302, change)
    own = {"current": PASSWORD, "password": PASSWORD}
    assert "Must differ" in shown(submit(eve, "password_change", own)).text
    assert submit(eve, "password_change", own | {"password": "battery staple"}).status_code == 302
    assert eve.get("/admin/").status_code == 200


def test_sessions_end_after_30_idle_minutes_and_after_12_hours(registry: Container) -> None:
    given = {"username": "admin@clinic.example", "password": PASSWORD}
    registry.create_user()(actor=SETUP, email=given["username"], password=PASSWORD, role=Role.ADMIN)
    with time_machine.travel(NOW, tick=False) as time:
        idle, busy = Client(), Client()
        for client in (idle, busy):
            client.post("/admin/login/", given)
        for _ in range(24):
            time.shift(timedelta(minutes=29, seconds=59))
            assert busy.get("/admin/").status_code == 200
        assert idle.get("/admin/").status_code == 302
        idle.post("/admin/login/", given)
        time.shift(timedelta(seconds=24))
        assert busy.get("/admin/").status_code == 302
        assert busy.post("/admin/login/", given).status_code == 302
        assert busy.get("/admin/").status_code == 200
        time.shift(timedelta(minutes=30))
        assert idle.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "///evil.example", "https:evil.example", "\\\\evil.example",
     "/\\evil.example",
     "http:///evil.example", "javascript:alert(1)", "\x08//evil.example", "//testserver@evil.example"],
)  # fmt: skip
def test_signing_in_does_not_redirect_to_other_sites(registry: Container, elsewhere: str) -> None:
    given = {"username": "admin@clinic.example", "password": PASSWORD}
    registry.create_user()(actor=SETUP, email=given["username"], password=PASSWORD, role=Role.ADMIN)
    for path, body in (("/admin/login/", {"next": elsewhere}), (f"/admin/login/?{urlencode({'next': elsewhere})}", {})):
        browser = Client()
        response = browser.post(path, given | body)
        assert response.status_code == 302
        assert response["Location"] == "/admin/"
        assert browser.get(f"/admin/login/?{urlencode({'next': elsewhere})}")["Location"] == "/admin/"
        assert browser.post(f"/admin/logout/?{urlencode({'next': elsewhere})}")["Location"].startswith("/admin/")
