from collections.abc import Callable

import pytest
from django.test import Client

from bootstrap import Container
from core.access import Role
from core.posts.entities import MAX_CONTENT_LENGTH, Post
from tests.http_api.conftest import SETUP
from tests.web.pages import html_of, text_of, value_of

pytestmark = pytest.mark.django_db(transaction=True)

NOTICES = "/console/notices/"
WRITE = f"{NOTICES}write/"


@pytest.fixture
def author(sign_in_as: Callable[[Role], Client]) -> Client:
    return sign_in_as(Role.AUTHOR)


@pytest.fixture
def post(registry: Container) -> Post:
    """Of somebody else, and public."""
    draft = registry.write_post()(actor=SETUP, title="Opening hours", content="We open at **eight**.")
    return registry.publish_post()(actor=SETUP, post_id=draft.id)


def write(browser: Client, title: str = "Flu season", content: str = "Wash *hands*.") -> str:
    """The address of the new draft."""
    key = value_of(browser.get(WRITE), "key")
    return browser.post(WRITE, {"key": key, "title": title, "content": content})["Location"]


def test_an_author_writes_publishes_edits_and_deletes_a_notice(author: Client) -> None:
    path = write(author)
    assert "Draft" in text_of(author.get(path))
    assert "Flu season" in text_of(author.get(f"{NOTICES}drafts/"))
    assert Client().get("/notices/flu-season/").status_code == 404
    assert author.post(f"{path}publish/", {"key": "publish"})["Location"] == path
    assert "<em>hands</em>" in html_of(Client().get("/notices/flu-season/"))
    assert "Flu season" not in text_of(author.get(f"{NOTICES}drafts/"))
    form = {"version": value_of(author.get(f"{path}edit/"), "version"), "title": "Flu", "content": "Wash."}
    assert author.post(f"{path}edit/", form, follow=True).redirect_chain == [(path, 302)]
    assert ">Flu</h1>" in html_of(Client().get("/notices/flu-season/"))
    for _ in range(2):
        assert author.post(f"{path}delete/", {"key": "delete"})["Location"] == NOTICES
    assert author.get(path).status_code == 404


def test_a_draft_sent_twice_is_written_once(author: Client) -> None:
    form = {"key": value_of(author.get(WRITE), "key"), "title": "Flu season", "content": "Wash hands."}
    first, second = (author.post(WRITE, form)["Location"] for _ in range(2))
    assert first == second


def test_the_preview_is_what_the_public_page_shows_and_saves_nothing(author: Client) -> None:
    page = author.post(WRITE, {"preview": "yes", "title": "Flu", "content": "# Wash\n<script>x</script> **hands**"})
    assert page.status_code == 200
    preview = html_of(page).partition('id="preview"')[2]
    assert "<h2>Wash</h2>" in preview
    assert "<strong>hands</strong>" in preview
    assert "<script>x" not in preview
    assert "There is no draft." in text_of(author.get(f"{NOTICES}drafts/"))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"title": "", "content": "Text"}, "Must not be blank."),
        ({"title": "!!!", "content": "Text"}, "Must contain at least one letter or digit."),
        ({"title": "Opening hours", "content": "Text"}, "Another post has this title"),
        ({"title": "Flu", "content": "x" * (MAX_CONTENT_LENGTH + 1)}, "cannot be saved"),
    ],
)
def test_a_refused_notice_keeps_the_input_and_says_why(
    author: Client, post: Post, form: dict[str, str], said: str
) -> None:
    page = author.post(WRITE, {"key": "key", **form})
    assert page.status_code == 400
    assert said in text_of(page)
    assert form["content"] in html_of(page)


def test_a_conflicting_edit_of_a_notice_shows_both_texts(author: Client, sign_in_as: Callable[[Role], Client]) -> None:
    path, editor = write(author), sign_in_as(Role.EDITOR)
    form = {"version": "1", "title": "Flu season"}
    editor.post(f"{path}edit/", form | {"content": "Wear a mask."})
    page = author.post(f"{path}edit/", form | {"content": "Stay at home."})
    assert page.status_code == 409
    assert "Wear a mask." in html_of(page)
    assert "Stay at home.</textarea>" in html_of(page)
    again = author.post(f"{path}edit/", form | {"version": value_of(page, "version"), "content": "Both."})
    assert again["Location"] == path
    assert author.post(f"{path}edit/", form | {"content": "Both."})["Location"] == path  # the same form, sent twice


def test_a_preview_while_editing_keeps_the_version_that_is_edited(
    author: Client, sign_in_as: Callable[[Role], Client]
) -> None:
    path = write(author)
    sign_in_as(Role.EDITOR).post(f"{path}edit/", {"version": "1", "title": "Flu", "content": "Other."})
    page = author.post(f"{path}edit/", {"version": "1", "title": "Flu", "content": "Mine.", "preview": "yes"})
    assert value_of(page, "version") == "1"


def test_users_remove_their_own_comments_and_editors_all(
    reader: Client, author: Client, sign_in_as: Callable[[Role], Client], post: Post
) -> None:
    path = f"{NOTICES}{post.id}/"
    form = {"key": value_of(reader.get(path), "key"), "content": "When on Sundays?"}
    for _ in range(2):
        assert reader.post(f"{path}comments/", form)["Location"] == path
    page = html_of(reader.get(path))
    assert page.count("When on Sundays?") == 1
    [remove] = [part.partition('"')[0] for part in page.split('href="') if "/remove/" in part.partition('"')[0]]
    assert "/remove/" not in html_of(author.get(path))
    assert author.post(remove, {"key": "key"}).status_code == 403
    assert sign_in_as(Role.EDITOR).post(remove, {"key": "key"})["Location"] == path
    assert "No comments yet" in text_of(reader.get(path))


def test_a_refused_comment_says_why(reader: Client, post: Post) -> None:
    page = reader.post(f"{NOTICES}{post.id}/comments/", {"key": "key", "content": "x" * 2001})
    assert page.status_code == 400
    assert "2000 characters" in text_of(page)


def test_a_draft_of_another_author_is_not_found(author: Client, registry: Container) -> None:
    draft = registry.write_post()(actor=SETUP, title="Secret plans", content="Text")
    for page in ("", "edit/", "publish/", "delete/"):
        assert author.get(f"{NOTICES}{draft.id}/{page}").status_code == 404
    assert "Secret plans" not in html_of(author.get(f"{NOTICES}drafts/"))


def test_a_notice_is_published_once(author: Client) -> None:
    path = write(author)
    author.post(f"{path}publish/", {"key": "first"})
    again = author.post(f"{path}publish/", {"key": "second"})
    assert again.status_code == 409
    assert "The post is already published." in text_of(again)
