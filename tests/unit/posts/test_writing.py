from collections.abc import Callable
from datetime import timedelta

import pytest

from bootstrap import Container
from core.errors import Forbidden, ValidationError, VersionMismatch
from core.posts.entities import MAX_CONTENT_LENGTH, MAX_TITLE_LENGTH, Post
from core.posts.errors import AlreadyPublished, PostNotFound, SlugTaken
from tests.fakes import ADMIN, ANONYMOUS, AUTHOR, CLERK, EDITOR, NOW, OTHER_AUTHOR, READER, StillClock

Write = Callable[..., Post]


def errors(refused: pytest.ExceptionInfo[ValidationError]) -> dict[str, str]:
    return {error.field: error.code for error in refused.value.errors}


def test_a_new_post_is_a_draft_of_its_author(draft: Post) -> None:
    assert (draft.title, draft.slug, draft.author) == ("Flu season", "flu-season", AUTHOR.name)
    assert (draft.published, draft.published_at, draft.publication) == (False, None, None)
    assert (draft.view_count, draft.comment_count, draft.version) == (0, 0, 1)
    assert draft.created_at == draft.updated_at == NOW
    assert repr(draft) == f"<Post {draft.id}>"


def test_titles_are_one_line_and_contents_keep_their_lines(write: Write) -> None:
    post = write("  Cafe\u0301 \n".strip("\n") + " ", "\r\n# Hello\r\n\tcode\rmore \n")
    assert (post.title, post.content) == ("Café", "# Hello\n\tcode\nmore")


@pytest.mark.parametrize(
    ("title", "content", "codes"),
    [
        (5, None, {"title": "type", "content": "type"}),
        ("", " \n\t ", {"title": "blank", "content": "blank"}),
        ("a\nb", "a\x00b", {"title": "characters", "content": "characters"}),
        ("x" * (MAX_TITLE_LENGTH + 1), "x" * (MAX_CONTENT_LENGTH + 1), {"title": "too_long", "content": "too_long"}),
        ("!!!", "\ud800", {"title": "no_slug", "content": "characters"}),
        ("Popular", "ok", {"title": "reserved"}),
    ],
)
def test_every_error_of_a_draft_is_named_at_once_and_nothing_is_written(
    registry: Container, write: Write, title: str, content: str, codes: dict[str, str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        write(title, content)
    assert errors(refused) == codes
    assert registry.store().posts == {}


def test_a_draft_requires_its_fields_and_accepts_no_others(registry: Container, write: Write) -> None:
    with pytest.raises(ValidationError) as refused:
        registry.write_post()(actor=AUTHOR, slug="mine")  # type: ignore[call-arg]  # what a caller may send
    assert errors(refused) == {"title": "required", "content": "required", "slug": "unknown"}


def test_two_posts_never_share_a_slug(registry: Container, draft: Post, write: Write) -> None:
    with pytest.raises(SlugTaken):
        write("FLU: season!")
    assert list(registry.store().posts) == [draft.id]


def test_editing_the_title_keeps_the_slug(registry: Container, clock: StillClock, draft: Post) -> None:
    clock.forward(timedelta(hours=1))
    edited = registry.edit_post()(actor=AUTHOR, post_id=draft.id, title="Flu season is over")
    assert (edited.title, edited.slug, edited.content) == ("Flu season is over", "flu-season", draft.content)
    assert (edited.version, edited.created_at, edited.updated_at) == (2, NOW, clock.now())
    assert registry.view_post()(actor=AUTHOR, post_id=draft.id) == edited


def test_an_edit_without_changes_keeps_the_version(registry: Container, draft: Post) -> None:
    assert registry.edit_post()(actor=AUTHOR, post_id=draft.id, title=" Flu season ") == draft


def test_an_edit_of_an_outdated_version_is_refused(registry: Container, draft: Post) -> None:
    edit = registry.edit_post()
    edit(actor=AUTHOR, post_id=draft.id, expected_version=1, title="Second")
    with pytest.raises(VersionMismatch):
        edit(actor=AUTHOR, post_id=draft.id, expected_version=1, title="Third")
    with pytest.raises(VersionMismatch):
        registry.delete_post()(actor=AUTHOR, post_id=draft.id, expected_version=1)
    assert registry.posts().get(draft.id).title == "Second"


def test_an_edit_is_validated_like_a_new_post(registry: Container, draft: Post) -> None:
    with pytest.raises(ValidationError) as refused:
        registry.edit_post()(actor=AUTHOR, post_id=draft.id, title="drafts", content="")
    assert errors(refused) == {"title": "reserved", "content": "blank"}
    assert registry.posts().get(draft.id) == draft


def test_publishing_shows_a_draft_once(registry: Container, clock: StillClock, draft: Post) -> None:
    clock.forward(timedelta(hours=1))
    published = registry.publish_post()(actor=AUTHOR, post_id=draft.id)
    assert (published.published_at, published.version) == (clock.now(), 2)
    with pytest.raises(AlreadyPublished):
        registry.publish_post()(actor=EDITOR, post_id=draft.id)
    assert registry.posts().get(draft.id) == published


def test_deleting_a_post_removes_its_comments_and_frees_its_slug(
    registry: Container, published: Post, write: Write
) -> None:
    registry.add_comment()(actor=READER, post_id=published.id, content="Thanks.")
    registry.delete_post()(actor=AUTHOR, post_id=published.id)
    assert (registry.store().posts, registry.store().comments) == ({}, {})
    assert write(published.title).slug == published.slug


def test_editors_and_admins_change_what_authors_wrote(registry: Container, draft: Post, write: Write) -> None:
    for actor in (EDITOR, ADMIN):
        post = write(f"By the author, changed by {actor.name}")
        assert registry.edit_post()(actor=actor, post_id=post.id, content="Better.").author == AUTHOR.name
        assert registry.publish_post()(actor=actor, post_id=post.id).published
        registry.delete_post()(actor=actor, post_id=post.id)


def changes(registry: Container, post: Post) -> list[Callable[..., object]]:
    return [
        lambda actor: registry.edit_post()(actor=actor, post_id=post.id, title="Mine now"),
        lambda actor: registry.publish_post()(actor=actor, post_id=post.id),
        lambda actor: registry.delete_post()(actor=actor, post_id=post.id),
    ]


def test_another_authors_draft_is_not_found(registry: Container, draft: Post) -> None:
    for change in changes(registry, draft):
        with pytest.raises(PostNotFound):
            change(OTHER_AUTHOR)
    assert registry.posts().get(draft.id) == draft


def test_authors_cannot_change_posts_of_others(registry: Container, published: Post) -> None:
    for change in changes(registry, published):
        with pytest.raises(Forbidden):
            change(OTHER_AUTHOR)
    assert registry.posts().get(published.id) == published


@pytest.mark.parametrize("actor", [READER, CLERK, ANONYMOUS])
def test_writing_posts_requires_permission(registry: Container, draft: Post, actor: object) -> None:
    for change in changes(registry, draft):
        with pytest.raises(Forbidden):
            change(actor)
    with pytest.raises(Forbidden):
        registry.write_post()(actor=actor, title="Mine", content="Mine.")  # type: ignore[arg-type]  # an Actor
    with pytest.raises(Forbidden):
        registry.list_drafts()(actor=actor)  # type: ignore[arg-type]  # an Actor
    assert registry.store().posts == {draft.id: draft}
