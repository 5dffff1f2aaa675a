from collections.abc import Callable
from datetime import timedelta

import pytest

from bootstrap import Container
from core.access import Actor
from core.errors import ValidationError
from core.paging import Page
from core.posts.entities import Post
from core.posts.errors import PostNotFound
from tests.fakes import ADMIN, ANONYMOUS, AUTHOR, EDITOR, OTHER_AUTHOR, READER, StillClock

Write = Callable[..., Post]


def titles(page: Page[Post]) -> list[str]:
    return [post.title for post in page.items]


@pytest.fixture
def publish(registry: Container, clock: StillClock, write: Write) -> Callable[[str], Post]:
    def publish(title: str) -> Post:
        clock.forward(timedelta(minutes=1))
        return registry.publish_post()(actor=AUTHOR, post_id=write(title).id)

    return publish


def test_published_posts_are_public_by_id_and_by_slug(registry: Container, published: Post) -> None:
    assert registry.view_post()(actor=ANONYMOUS, post_id=published.id) == published
    assert registry.read_post()(actor=ANONYMOUS, slug=published.slug).id == published.id


@pytest.mark.parametrize("actor", [ANONYMOUS, READER, OTHER_AUTHOR])
def test_a_draft_is_not_found_by_others(registry: Container, draft: Post, actor: Actor) -> None:
    with pytest.raises(PostNotFound):
        registry.view_post()(actor=actor, post_id=draft.id)
    with pytest.raises(PostNotFound):
        registry.list_comments()(actor=actor, post_id=draft.id)
    assert registry.list_posts()(actor=actor).items == ()
    assert registry.popular_posts()(actor=actor).items == ()


@pytest.mark.parametrize("actor", [AUTHOR, EDITOR, ADMIN])
def test_a_draft_is_found_by_its_author_and_by_editors(registry: Container, draft: Post, actor: Actor) -> None:
    assert registry.view_post()(actor=actor, post_id=draft.id) == draft
    assert registry.list_drafts()(actor=actor).items == (draft,)
    with pytest.raises(PostNotFound):
        registry.read_post()(actor=actor, slug=draft.slug)


def test_authors_list_their_own_drafts_newest_first_a_page_at_a_time(
    registry: Container, clock: StillClock, write: Write, published: Post
) -> None:
    registry.write_post()(actor=OTHER_AUTHOR, title="Another's", content="…")
    for title in ("first", "second", "third"):
        clock.forward(timedelta(minutes=1))
        write(title)
    page = registry.list_drafts()(actor=AUTHOR, limit=2)
    assert titles(page) == ["third", "second"]
    assert titles(registry.list_drafts()(actor=AUTHOR, limit=2, after=page.next)) == ["first"]
    assert len(registry.list_drafts()(actor=EDITOR).items) == 4


def test_the_list_is_newest_first_and_paged(
    registry: Container, clock: StillClock, write: Write, publish: Callable[[str], Post]
) -> None:
    early_draft = write("written first, published last")
    for title in ("first", "second"):
        publish(title)
    clock.forward(timedelta(minutes=1))
    registry.publish_post()(actor=AUTHOR, post_id=early_draft.id)
    assert titles(registry.list_posts()(actor=ANONYMOUS)) == [early_draft.title, "second", "first"]
    page = registry.list_posts()(actor=ANONYMOUS, limit=2)
    assert titles(page) == [early_draft.title, "second"]
    assert titles(registry.list_posts()(actor=ANONYMOUS, limit=2, after=page.next)) == ["first"]


@pytest.mark.parametrize("limit", [0, 201, "5", True])
def test_a_limit_out_of_range_is_refused(registry: Container, limit: int) -> None:
    for list_ in (registry.list_posts(), registry.list_drafts()):
        with pytest.raises(ValidationError):
            list_(actor=EDITOR, limit=limit)


def test_views_are_only_counted_for_published_posts(registry: Container, draft: Post, published: Post) -> None:
    for _ in range(2):
        registry.view_post()(actor=ANONYMOUS, post_id=published.id)
    registry.read_post()(actor=READER, slug=published.slug)
    registry.view_post()(actor=AUTHOR, post_id=draft.id)
    registry.list_posts()(actor=ANONYMOUS)
    assert registry.posts().get(published.id).view_count == 3
    assert registry.posts().get(draft.id).view_count == 0


def test_popular_posts_are_the_ten_with_the_most_views_then_newest(
    registry: Container, publish: Callable[[str], Post]
) -> None:
    posts = [publish(f"number {number}") for number in range(12)]
    registry.posts().add_views({posts[0].id: 5, posts[1].id: 7})
    expected = ["number 1", "number 0", *(f"number {number}" for number in range(11, 3, -1))]
    assert titles(registry.popular_posts()(actor=ANONYMOUS)) == expected


def test_the_list_is_cached_for_15_minutes_and_popular_posts_for_an_hour(
    registry: Container, clock: StillClock, published: Post
) -> None:
    for list_, span in [
        (registry.list_posts(), timedelta(minutes=15)),
        (registry.popular_posts(), timedelta(hours=1)),
    ]:
        before = list_(actor=ANONYMOUS)
        registry.posts().add_views({published.id: 1})
        clock.forward(span - timedelta(seconds=1))
        assert list_(actor=ANONYMOUS) == before
        clock.forward(timedelta(seconds=1))
        assert list_(actor=ANONYMOUS).items == (registry.posts().get(published.id),)


def test_publishing_editing_and_deleting_clear_the_cache(registry: Container, publish: Callable[[str], Post]) -> None:
    def shown() -> list[list[str]]:
        return [titles(list_(actor=ANONYMOUS)) for list_ in (registry.list_posts(), registry.popular_posts())]

    assert shown() == [[], []]
    post = publish("first")
    assert shown() == [["first"], ["first"]]
    registry.edit_post()(actor=AUTHOR, post_id=post.id, title="better")
    assert shown() == [["better"], ["better"]]
    registry.delete_post()(actor=AUTHOR, post_id=post.id)
    assert shown() == [[], []]


def test_changes_of_drafts_do_not_clear_the_cache(registry: Container, published: Post, write: Write) -> None:
    cached = registry.list_posts()(actor=ANONYMOUS)
    registry.posts().add_views({published.id: 1})
    draft = write("a draft")
    registry.edit_post()(actor=AUTHOR, post_id=draft.id, title="still a draft")
    registry.delete_post()(actor=AUTHOR, post_id=draft.id)
    assert registry.list_posts()(actor=ANONYMOUS) is cached
