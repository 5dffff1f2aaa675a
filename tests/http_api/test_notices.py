from datetime import timedelta
from html import escape
from html.parser import HTMLParser
from uuid import UUID

import pytest
from dependency_injector.providers import Object

from adapters.in_memory.posts import InMemoryPostRepository
from adapters.in_memory.store import Store
from bootstrap import Container
from core.access import Actor
from core.errors import Unavailable
from core.paging import Page
from core.posts.entities import Post
from tests.http_api.client import Api
from tests.http_api.problems import kind

pytestmark = pytest.mark.django_db(transaction=True)

EDITOR = Actor.system("editor")


class Html(HTMLParser):
    """The tags of a page, with the attributes of each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def names(self) -> set[str]:
        return {name for name, _ in self.tags}

    def links(self) -> list[str | None]:
        return [attributes.get("href") for name, attributes in self.tags if "href" in attributes and name == "a"]


def published(registry: Container, title: str, content: str = "Text.") -> Post:
    post = registry.write_post()(actor=EDITOR, title=title, content=content)
    return registry.publish_post()(actor=EDITOR, post_id=post.id)


def read(api: Api, path: str) -> str:
    answer = api.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    return answer.content.decode()


def test_published_notices_are_public_and_newest_first(registry: Container, anonymous: Api) -> None:
    published(registry, "Opening hours")
    published(registry, "Flu & season")
    registry.write_post()(actor=EDITOR, title="Not yet", content="Secret.")
    page = read(anonymous, "/notices/")
    assert Html(page).links() == [
        "#content",
        "/notices/",
        "/console/notices/",
        "/notices/flu-season/",
        "/notices/opening-hours/",
    ]
    assert "Flu &amp; season" in page
    assert "Not yet" not in page


def test_without_notices_the_page_says_so(registry: Container, anonymous: Api) -> None:
    assert "There are no notices." in read(anonymous, "/notices")


def test_a_link_leads_to_older_notices(registry: Container, anonymous: Api) -> None:
    for number in range(51):
        published(registry, f"Notice {number}")
    older = Html(read(anonymous, "/notices/")).links()[-1]
    assert older is not None
    assert Html(read(anonymous, f"/notices/{older}")).links() == [
        "#content",
        "/notices/",
        "/console/notices/",
        "/notices/notice-0/",
    ]


def test_a_notice_is_shown_as_markdown_and_counted(registry: Container, anonymous: Api) -> None:
    post = published(registry, "Flu season", "# Wash\n\n| a | b |\n| - | - |\n| *1* | 2 |\n")
    page = read(anonymous, "/notices/flu-season/")
    assert {"h1", "h2", "table", "em"} <= Html(page).names()
    assert page.count("<h1") == 1
    assert registry.posts().get(post.id).view_count == 1


@pytest.mark.parametrize(
    "content",
    ["> " * 60 + "deep", "|a" * 200 + "\n" + "|-" * 200 + "\n" + "a\n" * 60, "&" * 19_000],
)
def test_a_notice_too_complex_to_render_is_shown_as_plain_text(
    registry: Container, anonymous: Api, content: str
) -> None:
    published(registry, "Deep", content)
    page = read(anonymous, "/notices/deep/")
    assert Html(page).names().isdisjoint({"blockquote", "table"})
    assert f"<pre>{escape(content.strip())}</pre>" in page


def test_a_notice_may_have_links_and_code_and_shows_html_as_text(registry: Container, anonymous: Api) -> None:
    published(
        registry, "All", "<https://clinic.example/a> <me@clinic.example> `<b>` <b>bold</b> ~~no~~ 1 < 2\n\n5. five\n"
    )
    page = read(anonymous, "/notices/all/")
    assert {"https://clinic.example/a", "mailto:me@clinic.example"} <= set(Html(page).links())
    assert "<code>&lt;b&gt;</code> &lt;b&gt;bold&lt;/b&gt; <del>no</del> 1 &lt; 2" in page
    assert '<ol start="5">' in page


@pytest.mark.parametrize("slug", ["not-yet", "nowhere", "Flu", "flu/season"])
def test_drafts_and_unknown_notices_are_not_found(registry: Container, anonymous: Api, slug: str) -> None:
    registry.write_post()(actor=EDITOR, title="Not yet", content="Secret.")
    assert kind(anonymous.get(f"/notices/{slug}/")) == "not-found"


@pytest.mark.parametrize("after", ["first", "%00", "..%2f"])
def test_an_invalid_page_is_not_found(registry: Container, anonymous: Api, after: str) -> None:
    assert kind(anonymous.get(f"/notices/?after={after}")) == "not-found"


def test_notices_are_read_only(registry: Container, anonymous: Api) -> None:
    answer = anonymous.post("/notices/", {})
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "content",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)" onclick=alert(1)>x</a>',
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&colon;alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "<javascript:alert(1)>",
        "![x](https://tracker.example/pixel.png)",
        "![x](javascript:alert(1))",
        '[x](https://clinic.example "onmouseover=alert(1)")',
        '[x](https://clinic.example/"onmouseover="alert(1))',
        "```html onclick=alert(1)\n</code></pre><script>alert(1)</script>\n```",
        "<svg/onload=alert(1)><style>*{display:none}</style><iframe src=//x.example>",
        "| <b onclick=alert(1)>a</b> |\n| - |\n| <form action=//x.example><input> |",
    ],
)
def test_a_malicious_notice_runs_no_script_and_loads_nothing(registry: Container, anonymous: Api, content: str) -> None:
    published(registry, "Bad", content)
    page = Html(read(anonymous, "/notices/bad/"))
    assert page.names().isdisjoint({"script", "img", "svg", "style", "iframe", "form", "input", "b"})
    attributes = {name for _, given in page.tags for name in given}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {"src", "style"}
    assert all(str(link).startswith(("#", "/", "https://clinic.example")) for link in page.links())


class NoPosts(InMemoryPostRepository):
    """The store does not answer."""

    def published(self, *, after: UUID | None, limit: int) -> Page[Post]:
        raise Unavailable(retry_after=timedelta(seconds=7))


def test_while_the_store_is_down_the_page_says_so(registry: Container, anonymous: Api) -> None:
    with registry.posts.override(Object(NoPosts(Store()))):
        for provider in (registry.public_posts, registry.list_posts):
            provider.reset()
        answer = anonymous.get("/notices/")
    for provider in (registry.public_posts, registry.list_posts):
        provider.reset()
    assert (answer.status_code, kind(answer), answer["Retry-After"]) == (503, "unavailable", "7")


def test_titles_are_escaped(registry: Container, anonymous: Api) -> None:
    published(registry, "<script>alert(1)</script>")
    for path in ("/notices/", "/notices/script-alert-1-script/"):
        assert "script" not in Html(read(anonymous, path)).names()
