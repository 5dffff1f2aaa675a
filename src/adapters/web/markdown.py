"""Markdown from people to HTML that is safe to show, in some 20 ms whatever they wrote."""

import re
from functools import lru_cache

import nh3
import pyromark
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

MAX_HTML_LENGTH = 60_000  # characters
MAX_TABLE_CELLS = 10_000
_SYNTAX = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH
_NO_LINK = re.compile(r"<(?![a-z][a-z0-9+.-]{1,31}:[^\s<>]*>|[^\s<>@]{1,64}@[^\s<>@]{1,255}>)", re.IGNORECASE)
_TYPED = "\ue000"  # stands for a "<" that begins no link, so that it begins no HTML either
_HEADING = re.compile("<(/?)h([1-5])>")
_DEEP = re.compile(r"^(?:[ \t]*(?:>|[-+*][ \t]|[0-9]{1,9}[.)][ \t])){50}", re.MULTILINE)  # of quotes and lists
_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


@lru_cache(maxsize=64)
def html(content: str) -> SafeString:
    """Headings begin at the second level, below the page's own. HTML in the content is shown as it was typed; images
    are left out, as their makers would learn who reads; links lead to web and mail addresses only.

    Content that nests deeper or makes more HTML than a page needs is shown as it was typed.
    """
    if _DEEP.search(content) or _cells(content) > MAX_TABLE_CELLS:
        return _as_typed(content)
    rendered = pyromark.html(_NO_LINK.sub(_TYPED, content), options=_SYNTAX).replace(_TYPED, "&lt;")
    if len(rendered) > MAX_HTML_LENGTH:
        return _as_typed(content)
    clean = nh3.clean(
        _HEADING.sub(lambda tag: f"<{tag[1]}h{int(tag[2]) + 1}>", rendered),
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308  # nosec B308 B703 (nh3 has cleaned it)


def _as_typed(content: str) -> SafeString:
    return format_html("<pre>{}</pre>", content)


def _cells(content: str) -> int:
    """At most so many cells can its tables have: rows are filled up to the length of their header."""
    lines = content.split("\n")
    return len(lines) * max(line.count("|") for line in lines)
