import io
import json
import logging
from collections.abc import Callable, Generator

import pytest

from adapters.telemetry.logging import set_up

Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def written() -> Generator[io.StringIO]:
    """What is logged as in production; the logging of the test run is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    set_up(readable=False)
    stream = io.StringIO()
    (handler,) = (one for one in root.handlers if type(one) is logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def lines(written: io.StringIO) -> Lines:
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]
