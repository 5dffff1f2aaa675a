from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.access import Role
from tests.http_api.client import Answer, Api
from tests.http_api.problems import errors, kind

pytestmark = pytest.mark.django_db(transaction=True)

DRAFT = {"title": "Flu season", "content": "# Wash your *hands*"}


@pytest.fixture
def author(signed_in: Callable[[Role], Api]) -> Api:
    return signed_in(Role.AUTHOR)


@pytest.fixture
def editor(signed_in: Callable[[Role], Api]) -> Api:
    return signed_in(Role.EDITOR)


def published(author: Api, title: str = "Opening hours") -> str:
    """Its path."""
    path = f"posts/{author.post('posts/', DRAFT | {'title': title}).json()['id']}/"
    assert author.post(f"{path}publish/").json() == {"status": "published"}
    return path


def results(response: Answer) -> list[str]:
    assert response.status_code == 200
    return [post["title"] for post in response.json()["results"]]


def test_an_author_writes_edits_and_publishes_and_anybody_reads(author: Api, anonymous: Api) -> None:
    written = author.post("posts/", DRAFT)
    post = written.json()
    path = f"posts/{post['id']}/"
    assert written.status_code == 201
    assert written["Location"].endswith(f"/api/v1/{path}")
    assert (post["slug"], post["published"], post["published_at"], post["version"]) == ("flu-season", False, None, 1)
    assert anonymous.get(path).status_code == 404
    edited = author.patch(path, {"title": "Flu season is here"}, If_Match=written["ETag"])
    assert (edited.json()["title"], edited.json()["slug"], edited.json()["version"]) == (
        "Flu season is here",
        "flu-season",
        2,
    )
    assert author.post(f"{path}publish/").status_code == 200
    assert results(anonymous.get("posts/")) == results(anonymous.get("posts/popular/")) == ["Flu season is here"]
    read = anonymous.get(path)
    assert read.json()["published"] is True
    assert set(read.json()) == {
        "id", "title", "slug", "author", "content", "published", "published_at", "view_count", "comment_count",
        "version", "created_at", "updated_at",
    }  # fmt: skip
    assert "@" not in author.get(path).json()["author"]
    author.post(f"{path}comments/", {"content": "Thanks."})
    for page in ("posts/", "posts/popular/", f"{path}comments/"):
        assert [one["author"] for one in anonymous.get(page).json()["results"]] == [None]
        assert author.get(page).json()["results"][0]["author"].startswith("user:")
    assert read.json()["author"] is None


def test_a_head_request_counts_no_view(author: Api, anonymous: Api) -> None:
    path = published(author)
    notice = f"/notices/{author.get(path).json()['slug']}/"
    for head in (path, notice):
        assert anonymous.call("HEAD", head).status_code == 200
    assert author.get(path).json()["view_count"] == 1


def test_a_put_of_an_unchanged_post_changes_nothing_and_an_older_version_is_refused(author: Api) -> None:
    path = published(author)
    post = author.get(path).json()
    assert author.put(path, post).json()["version"] == post["version"]
    assert author.put(path, post | {"content": "Newer"}).json()["version"] == post["version"] + 1
    assert kind(author.put(path, post)) == kind(author.delete(path, If_Match='"1-00"')) == "version-mismatch"
    assert author.delete(path).status_code == 204
    assert kind(author.get(path)) == "post-not-found"


def test_a_matching_etag_of_a_post_returns_304(author: Api, anonymous: Api) -> None:
    path = f"posts/{author.post('posts/', DRAFT).json()['id']}/"
    etag = author.get(path)["ETag"]
    assert author.get(path, If_None_Match=etag).status_code == 304


def test_drafts_are_listed_for_their_author_and_all_for_an_editor(author: Api, editor: Api, anonymous: Api) -> None:
    author.post("posts/", DRAFT)
    editor.post("posts/", DRAFT | {"title": "By the editor"})
    assert results(author.get("posts/?drafts=true")) == ["Flu season"]
    assert results(editor.get("posts/?drafts=true")) == ["By the editor", "Flu season"]
    assert results(editor.get("posts/?drafts=false")) == []
    assert kind(anonymous.get("posts/?drafts=true")) == "unauthenticated"
    assert errors(author.get("posts/?drafts=yes")) == {("drafts", "type")}


def test_lists_continue_where_the_previous_page_ended(author: Api, anonymous: Api) -> None:
    for number in range(3):
        published(author, f"Notice {number}")
    page = anonymous.get("posts/?limit=2")
    assert results(page) == ["Notice 2", "Notice 1"]
    rest = anonymous.get(page.json()["next"])
    assert (results(rest), rest.json()["next"]) == (["Notice 0"], None)
    assert errors(anonymous.get("posts/?limit=0")) == {("limit", "range")}
    assert errors(anonymous.get("posts/?cursor=x")) == {("cursor", "invalid")}
    assert errors(anonymous.get("posts/?author=me")) == {("author", "unknown")}


def test_a_list_is_one_query_and_none_from_the_cache(author: Api, anonymous: Api) -> None:
    for number in range(5):
        path = published(author, f"Notice {number}")
        author.post(f"{path}comments/", {"content": "Thanks"})
    for query, queries in (("", 1), ("", 0), ("?limit=2", 1), ("?limit=200", 1)):
        with CaptureQueriesContext(connection) as captured:
            anonymous.get(f"posts/{query}")
        assert len(captured) == queries, query


def test_a_read_writes_nothing(author: Api, anonymous: Api) -> None:
    path = published(author)
    with CaptureQueriesContext(connection) as captured:
        assert anonymous.get(path).json()["view_count"] == 0
    assert [query["sql"].split()[0] for query in captured.captured_queries][:1] == ["SELECT"]


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ({"title": "!!!", "content": "…"}, {("title", "no_slug")}),
        ({"title": "Popular", "content": "…"}, {("title", "reserved")}),
        ({"title": 5, "content": None}, {("title", "type"), ("content", "type")}),
        ({"title": "x" * 201, "content": "x" * 50_001}, {("title", "too_long"), ("content", "too_long")}),
        ({}, {("title", "required"), ("content", "required")}),
        ({"title": "Mine", "content": "…", "author": "user:1"}, {("author", "read_only")}),
    ],
)
def test_an_invalid_draft_is_refused_by_field_and_rule(
    author: Api, draft: dict[str, object], expected: set[tuple[str, str]]
) -> None:
    assert errors(author.post("posts/", draft)) == expected
    assert results(author.get("posts/?drafts=true")) == []


def test_an_enormous_post_is_refused(author: Api) -> None:
    response = author.post("posts/", DRAFT | {"content": "x" * 1_000_001})
    assert (response.status_code, kind(response)) == (413, "too-large")


def test_a_conflicting_change_of_a_post_is_refused(author: Api) -> None:
    path = f"posts/{author.post('posts/', DRAFT).json()['id']}/"
    for call, problem in [
        (lambda: author.post("posts/", DRAFT | {"title": "flu SEASON!"}), "slug-taken"),
        (lambda: author.post(f"{path}comments/", {"content": "First!"}), "post-not-published"),
    ]:
        response = call()
        assert (response.status_code, kind(response)) == (409, problem)
    author.post(f"{path}publish/")
    again = author.post(f"{path}publish/")
    assert (again.status_code, kind(again)) == (409, "already-published")
    assert author.get(path).json()["version"] == 2


def test_another_authors_draft_is_not_found_and_their_post_read_only(author: Api, editor: Api, reader: Api) -> None:
    draft = f"posts/{editor.post('posts/', DRAFT).json()['id']}/"
    path = published(editor)
    for response in (
        author.get(draft),
        author.patch(draft, {"title": "Mine"}),
        author.post(f"{draft}publish/"),
        author.delete(draft),
        author.get(f"{draft}comments/"),
    ):
        assert (response.status_code, kind(response)) == (404, "post-not-found")
    for response in (author.patch(path, {"title": "Mine"}), author.delete(path), reader.post("posts/", DRAFT)):
        assert (response.status_code, kind(response)) == (403, "forbidden")


def test_comments_are_written_listed_and_removed(author: Api, reader: Api, editor: Api, anonymous: Api) -> None:
    path = published(author)
    comment = reader.post(f"{path}comments/", {"content": " Thanks "})
    assert comment.status_code == 201
    assert comment.json()["content"] == "Thanks"
    listed = anonymous.get(f"{path}comments/").json()
    assert listed == {"next": None, "next_cursor": None, "results": [comment.json() | {"author": None}]}
    assert anonymous.get(path).json()["comment_count"] == 1
    address = comment["Location"]
    assert kind(author.delete(address)) == "forbidden"
    assert kind(anonymous.delete(address)) == "unauthenticated"
    assert editor.delete(address).status_code == 204
    assert kind(reader.delete(address)) == "comment-not-found"
    assert errors(reader.post(f"{path}comments/", {"content": "x" * 2001})) == {("content", "too_long")}
    assert errors(reader.post(f"{path}comments/", {})) == {("content", "required")}


def test_writing_requires_a_token_and_an_invalid_token_is_refused(author: Api, anonymous: Api) -> None:
    path = published(author)
    for method, where in [("POST", "posts/"), ("PATCH", path), ("DELETE", path), ("POST", f"{path}comments/")]:
        response = anonymous.call(method, where, {})
        assert (response.status_code, kind(response)) == (401, "unauthenticated")
    assert kind(Api("no.good.token").get("posts/")) == "token-refused"


def test_an_unknown_post_is_not_found(anonymous: Api) -> None:
    for path in (f"posts/{uuid4()}/", f"posts/{uuid4()}/comments/"):
        assert kind(anonymous.get(path)) == "post-not-found"
    assert kind(anonymous.get("posts/7/")) == "not-found"
