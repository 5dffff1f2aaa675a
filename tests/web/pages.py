"""Pages as a browser shows them."""

import re
from typing import cast

from django.http import HttpResponse


def html_of(page: object) -> str:
    return cast("HttpResponse", page).content.decode()


def text_of(page: object) -> str:
    """Without tags, on one line."""
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", re.sub("</?b>", "", html_of(page))))


def value_of(page: object, name: str) -> str:
    """Of a hidden field."""
    return re.findall(f'name="{name}" value="([^"]*)"', html_of(page))[-1]
