from collections.abc import Callable
from typing import Any

import pytest

from bootstrap import Container
from core.posts.entities import Post
from tests.fakes import AUTHOR


@pytest.fixture
def write(registry: Container) -> Callable[..., Post]:
    """Writes a draft by the author, valid but for what is given."""

    def write(title: str = "Flu season", content: str = "Wash your **hands**.", **given: Any) -> Post:
        return registry.write_post()(actor=AUTHOR, title=title, content=content, **given)

    return write


@pytest.fixture
def draft(write: Callable[..., Post]) -> Post:
    return write()


@pytest.fixture
def published(registry: Container, write: Callable[..., Post]) -> Post:
    return registry.publish_post()(actor=AUTHOR, post_id=write("Opening hours").id)
