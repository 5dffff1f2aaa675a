from datetime import timedelta

import pytest

from bootstrap import Container
from core.access import Actor
from core.errors import Forbidden, ValidationError
from core.posts.entities import MAX_COMMENT_LENGTH, Post
from core.posts.errors import CommentNotFound, PostNotFound, PostNotPublished
from tests.fakes import ADMIN, ANONYMOUS, AUTHOR, CLERK, EDITOR, NOW, OTHER_AUTHOR, READER, StillClock


@pytest.mark.parametrize("actor", [READER, CLERK, AUTHOR, OTHER_AUTHOR, EDITOR, ADMIN])
def test_every_signed_in_user_may_comment_on_published_posts(
    registry: Container, published: Post, actor: Actor
) -> None:
    comment = registry.add_comment()(actor=actor, post_id=published.id, content=" Thanks,\r\nall. ")
    assert (comment.author, comment.content, comment.created_at) == (actor.name, "Thanks,\nall.", NOW)
    assert registry.list_comments()(actor=ANONYMOUS, post_id=published.id).items == (comment,)
    assert registry.posts().get(published.id).comment_count == 1
    assert repr(comment) == f"<Comment {comment.id}>"


def test_commenting_requires_signing_in(registry: Container, published: Post) -> None:
    with pytest.raises(Forbidden):
        registry.add_comment()(actor=ANONYMOUS, post_id=published.id, content="Spam")
    assert registry.store().comments == {}


@pytest.mark.parametrize(
    ("content", "code"),
    [(5, "type"), ("  \n ", "blank"), ("\x07", "characters"), ("x" * (MAX_COMMENT_LENGTH + 1), "too_long")],
)
def test_an_invalid_comment_is_refused(registry: Container, published: Post, content: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        registry.add_comment()(actor=READER, post_id=published.id, content=content)
    assert [(error.field, error.code) for error in refused.value.errors] == [("content", code)]


def test_a_draft_accepts_no_comments(registry: Container, draft: Post) -> None:
    for actor, error in [(AUTHOR, PostNotPublished), (EDITOR, PostNotPublished), (READER, PostNotFound)]:
        with pytest.raises(error):
            registry.add_comment()(actor=actor, post_id=draft.id, content="First!")
    assert registry.store().comments == {}


def test_comments_are_listed_newest_first_a_page_at_a_time(
    registry: Container, clock: StillClock, published: Post
) -> None:
    for content in ("first", "second", "third"):
        clock.forward(timedelta(minutes=1))
        registry.add_comment()(actor=READER, post_id=published.id, content=content)
    page = registry.list_comments()(actor=ANONYMOUS, post_id=published.id, limit=2)
    assert [comment.content for comment in page.items] == ["third", "second"]
    rest = registry.list_comments()(actor=ANONYMOUS, post_id=published.id, limit=2, after=page.next)
    assert ([comment.content for comment in rest.items], rest.next) == (["first"], None)


@pytest.mark.parametrize("actor", [READER, EDITOR, ADMIN])
def test_a_comment_can_be_removed_by_its_author_and_editors(registry: Container, published: Post, actor: Actor) -> None:
    comment = registry.add_comment()(actor=READER, post_id=published.id, content="Oops")
    registry.remove_comment()(actor=actor, post_id=published.id, comment_id=comment.id)
    assert registry.store().comments == {}
    assert registry.posts().get(published.id).comment_count == 0
    with pytest.raises(CommentNotFound):
        registry.remove_comment()(actor=actor, post_id=published.id, comment_id=comment.id)


@pytest.mark.parametrize("actor", [CLERK, AUTHOR, ANONYMOUS])
def test_others_cannot_remove_a_comment(registry: Container, published: Post, actor: Actor) -> None:
    comment = registry.add_comment()(actor=READER, post_id=published.id, content="Mine")
    with pytest.raises(Forbidden):
        registry.remove_comment()(actor=actor, post_id=published.id, comment_id=comment.id)
    assert registry.store().comments == {comment.id: comment}


def test_a_comment_is_only_found_on_its_own_post(registry: Container, published: Post, draft: Post) -> None:
    comment = registry.add_comment()(actor=READER, post_id=published.id, content="Mine")
    other = registry.publish_post()(actor=AUTHOR, post_id=draft.id)
    with pytest.raises(CommentNotFound):
        registry.remove_comment()(actor=EDITOR, post_id=other.id, comment_id=comment.id)
