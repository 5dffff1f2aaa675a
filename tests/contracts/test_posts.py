from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from attrs import evolve
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from bootstrap import Container
from core.ports import TransactionRequired
from core.posts.entities import Comment, Post
from core.posts.errors import AlreadyPublished, CommentNotFound, PostNotFound, SlugTaken
from tests import strategies
from tests.contracts.conftest import MEMORY, POSTGRES, SQLITE, Fresh, open_registry, some
from tests.contracts.examples import sql, together
from tests.fakes import AUTHOR, EDITOR, NOW
from tests.strategies import uuid7

EVERYWHERE = pytest.mark.parametrize("database", [MEMORY, SQLITE, POSTGRES])


def draft(number: int = 1, **changes: object) -> Post:
    post = Post(
        id=uuid7(NOW, number),
        title=f"Notice {number}",
        slug=f"notice-{number}",
        author="user:1",
        content="# Wash\n\n*hands*",
        publication=None,
        published_at=None,
        view_count=0,
        comment_count=0,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )
    return evolve(post, **changes)


def published(number: int = 1, **changes: object) -> Post:
    return evolve(draft(number), **{"publication": uuid7(NOW, 1000 - number), "published_at": NOW} | changes)


def comment(number: int = 1, on: int = 1) -> Comment:
    return Comment(
        id=uuid7(NOW, number), post_id=uuid7(NOW, on), author="user:2", content=f"Thanks {number}", created_at=NOW
    )


def locked(registry: Container, post_id: UUID) -> Post:
    return registry.atomic()(lambda: registry.posts().lock(post_id))


@some
@given(
    content=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=50),
    at=strategies.instants(),
    views=st.integers(0, 2**40),
)
def test_get_returns_every_field_of_a_post(fresh: Fresh, content: str, at: datetime, views: int) -> None:
    registry = fresh()
    posts = registry.posts()
    for post in (
        draft(1, content=content, view_count=views, created_at=at),
        published(2, title=content[:200], published_at=at, updated_at=at, version=7, comment_count=3),
    ):
        posts.add(post)
        assert posts.get(post.id) == posts.get_by_slug(post.slug) == locked(registry, post.id) == post


def test_unknown_posts_and_comments_are_not_found(registry: Container) -> None:
    posts = registry.posts()
    for find in (
        lambda: posts.get(uuid4()),
        lambda: posts.get_by_slug("nothing"),
        lambda: locked(registry, uuid4()),
    ):
        with pytest.raises(PostNotFound):
            find()
    with pytest.raises(CommentNotFound):
        registry.comments().get(uuid4(), uuid4())


def test_locking_a_post_requires_a_transaction(registry: Container) -> None:
    registry.posts().add(draft())
    for post_id in (draft().id, uuid4()):
        with pytest.raises(TransactionRequired):
            registry.posts().lock(post_id)


def test_a_slug_is_unique_and_a_conflict_keeps_the_rest_of_the_transaction(registry: Container) -> None:
    posts = registry.posts()

    def work() -> None:
        posts.add(draft(1))
        with pytest.raises(SlugTaken):
            posts.add(draft(2, slug=draft(1).slug))
        posts.add(draft(3))

    registry.atomic()(work)
    assert posts.get(draft(3).id)
    with pytest.raises(PostNotFound):
        posts.get(draft(2).id)


def test_replacing_a_post_keeps_its_current_counts(registry: Container) -> None:
    posts, comments = registry.posts(), registry.comments()
    posts.add(published())
    comments.add(comment())
    posts.add_views({published().id: 5})
    newer = published(title="Newer", content="…", version=2, updated_at=NOW + timedelta(hours=1))
    posts.replace(newer)
    assert posts.get(newer.id) == evolve(newer, view_count=5, comment_count=1)


def test_views_are_added_to_existing_posts(registry: Container) -> None:
    posts = registry.posts()
    posts.add(published(1))
    posts.add(published(2))
    for _ in range(2):
        posts.add_views({published(2).id: 3, uuid4(): 9, published(1).id: 1})
    posts.add_views({})
    assert [posts.get(published(number).id).view_count for number in (1, 2)] == [2, 6]


def test_published_posts_are_listed_in_order_of_publication(registry: Container) -> None:
    posts = registry.posts()
    posts.add(draft(9))
    for number in (3, 1, 2):
        posts.add(published(number))
    first = posts.published(after=None, limit=2)
    assert first.items == (published(1), published(2))
    rest = posts.published(after=first.next, limit=2)
    assert (rest.items, rest.next) == ((published(3),), None)
    assert posts.published(after=None, limit=3).next is None


def test_drafts_of_one_author_or_all_are_listed_newest_first(registry: Container) -> None:
    posts = registry.posts()
    posts.add(published(9))
    for number in (1, 3, 2):
        posts.add(draft(number, author=f"user:{number % 2}"))
    page = posts.drafts(author=None, after=None, limit=2)
    assert page.items == (draft(3, author="user:1"), draft(2, author="user:0"))
    assert [post.id for post in posts.drafts(author=None, after=page.next, limit=2).items] == [draft(1).id]
    own = posts.drafts(author="user:1", after=None, limit=1)
    assert [post.id for post in own.items] == [draft(3).id]
    assert [post.id for post in posts.drafts(author="user:1", after=own.next, limit=1).items] == [draft(1).id]


def test_popular_posts_are_listed_by_views_then_newest_first(registry: Container) -> None:
    posts = registry.posts()
    posts.add(draft(9, view_count=99))
    for number, views in ((1, 5), (2, 7), (3, 5), (4, 0)):
        posts.add(published(number, view_count=views))
    assert [post.id for post in posts.popular(3)] == [published(number).id for number in (2, 3, 1)]


def test_comments_are_listed_newest_first_and_counted(registry: Container) -> None:
    posts, comments = registry.posts(), registry.comments()
    posts.add(published(1))
    posts.add(published(2))
    for number, on in ((1, 1), (3, 1), (2, 1), (4, 2)):
        comments.add(comment(number, on))
    page = comments.list_for(published(1).id, after=None, limit=2)
    assert page.items == (comment(3), comment(2))
    rest = comments.list_for(published(1).id, after=page.next, limit=2)
    assert (rest.items, rest.next) == ((comment(1),), None)
    assert comments.get(published(2).id, comment(4).id) == comment(4, 2)
    with pytest.raises(CommentNotFound):
        comments.get(published(1).id, comment(4).id)
    for _ in range(2):
        comments.remove(comment(3))
    assert [posts.get(published(number).id).comment_count for number in (1, 2)] == [2, 1]


def test_removing_a_post_removes_its_comments(registry: Container) -> None:
    posts, comments = registry.posts(), registry.comments()
    for number in (1, 2):
        posts.add(published(number))
        comments.add(comment(number, number))
    for _ in range(2):
        posts.remove(published(1).id)
    with pytest.raises(PostNotFound):
        posts.get(published(1).id)
    assert comments.list_for(published(1).id, after=None, limit=9).items == ()
    assert comments.list_for(published(2).id, after=None, limit=9).items == (comment(2, 2),)


@EVERYWHERE
def test_only_one_of_fifty_simultaneous_posts_gets_a_slug(database: str) -> None:
    registry = open_registry(database)
    write = registry.write_post()
    outcomes = together(50, lambda number: write(actor=AUTHOR, title="Flu season", content=f"By {number}"))
    assert sum(isinstance(outcome, SlugTaken) for outcome in outcomes) == 49
    assert registry.list_drafts()(actor=EDITOR).items == tuple(one for one in outcomes if isinstance(one, Post))


@EVERYWHERE
def test_only_one_of_several_simultaneous_publications_succeeds(database: str) -> None:
    registry = open_registry(database)
    post = registry.write_post()(actor=AUTHOR, title="Flu season", content="…")
    outcomes = together(8, lambda _: registry.publish_post()(actor=AUTHOR, post_id=post.id))
    assert sum(isinstance(outcome, AlreadyPublished) for outcome in outcomes) == 7
    assert registry.posts().published(after=None, limit=9).items == (registry.posts().get(post.id),)


@EVERYWHERE
def test_simultaneous_views_and_comments_are_all_counted(database: str) -> None:
    registry = open_registry(database)
    ids = [published(number).id for number in (1, 2, 3)]
    for number in (1, 2, 3):
        registry.posts().add(published(number))

    def work(number: int) -> None:
        order = ids if number % 2 else ids[::-1]
        registry.posts().add_views(dict.fromkeys(order, 2))
        registry.add_comment()(actor=AUTHOR, post_id=ids[0], content="Thanks")

    assert together(8, work) == [None] * 8
    assert [registry.posts().get(post_id).view_count for post_id in ids] == [16, 16, 16]
    assert registry.posts().get(ids[0]).comment_count == 8


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_each_list_is_one_query_sorted_by_an_index(registry: Container, database: str) -> None:
    posts, comments = registry.posts(), registry.comments()

    def fill() -> None:
        for number in range(1, 400):
            author = f"user:{number % 50}"
            posts.add(
                published(number, author=author, view_count=number) if number % 2 else draft(number, author=author)
            )
            comments.add(comment(number, on=1 + number % 7))

    registry.atomic()(fill)
    sql(database, "ANALYZE")
    for find in (
        lambda: posts.published(after=None, limit=20),
        lambda: posts.published(after=uuid7(NOW, 500), limit=20),
        lambda: posts.drafts(author=None, after=None, limit=20),
        lambda: posts.drafts(author="user:4", after=draft(300).id, limit=3),
        lambda: posts.popular(10),
        lambda: comments.list_for(published(3).id, after=comment(300).id, limit=20),
    ):
        with CaptureQueriesContext(connections[database]) as captured:
            find()
        (query,) = captured.captured_queries
        with connections[database].cursor() as cursor:
            explain = "EXPLAIN QUERY PLAN" if database == "default" else "EXPLAIN"
            cursor.execute(f"{explain} {query['sql']}")
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "index" in plan.lower(), plan
        assert "TEMP B-TREE" not in plan, plan
