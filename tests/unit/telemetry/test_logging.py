import ast
import io
import logging
import re

import pytest
import structlog
from django.http import HttpResponse
from django.utils.log import log_response
from hypothesis import given
from hypothesis import strategies as st

from adapters.telemetry.logging import ALLOWED_KEYS, HIDDEN, hide_unlisted, set_up
from tests.documents import ROOT
from tests.unit.telemetry.conftest import Lines

SECRET = "ada@example.org"


def ours() -> structlog.stdlib.BoundLogger:
    return structlog.stdlib.get_logger("patient_registry.tests")


def test_a_line_is_json_with_level_logger_and_time(lines: Lines) -> None:
    ours().info("request", method="GET", status=200)
    (line,) = lines()
    assert line.pop("timestamp")
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "patient_registry.tests",
        "method": "GET",
        "status": 200,
    }


@pytest.mark.parametrize("key", ["email", "name", "body", "exception", "url", "args", "_email", "_secret"])
def test_values_of_unlisted_keys_are_hidden(written: io.StringIO, lines: Lines, key: str) -> None:
    ours().info("request", **{key: SECRET})
    assert SECRET not in written.getvalue()
    assert lines()[0].get(key, HIDDEN) == HIDDEN


@given(st.dictionaries(st.text(st.characters(exclude_characters="_"), min_size=1), st.integers()))
def test_only_listed_keys_keep_their_values(event: dict[str, object]) -> None:
    shown = hide_unlisted(None, "info", dict(event))
    assert {key for key, value in shown.items() if value != HIDDEN} <= ALLOWED_KEYS
    assert shown.keys() == event.keys()


def test_no_log_call_uses_an_unlisted_key() -> None:
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "src").rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    logging_calls = [call for call in calls if re.match(r"(self\._)?log\.\w+\(", ast.unparse(call))]
    keys = {keyword.arg for call in logging_calls for keyword in call.keywords}
    assert {"operation", "route", "count"} <= keys <= ALLOWED_KEYS | {"exc_info"}


def test_context_values_of_unlisted_keys_are_hidden(written: io.StringIO, lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1", patient=SECRET):
        ours().info("request")
        logging.getLogger("library").warning("slow")
    assert SECRET not in written.getvalue()
    assert [line["request_id"] for line in lines()] == ["r1", "r1"]


def test_a_line_of_a_library_is_written_without_its_arguments(written: io.StringIO, lines: Lines) -> None:
    logging.getLogger("library").warning("%s was refused for %(x)s", {"x": SECRET})
    logging.getLogger("library").warning("row %s", SECRET, extra={"email": SECRET}, stack_info=True)
    assert SECRET not in written.getvalue()
    assert [line["event"] for line in lines()] == ["%s was refused for %(x)s", "row %s"]


def test_djangos_line_for_an_error_response_has_the_status_but_no_path(written: io.StringIO, lines: Lines) -> None:
    response = HttpResponse(status=500)
    log_response("%s: %s", response.reason_phrase, f"/patients/{SECRET}", response=response, request=None)
    (line,) = lines()
    assert (line["event"], line["status"], line["logger"]) == ("error_response", 500, "django.request")
    assert SECRET not in written.getvalue()


def test_an_already_formatted_line_of_a_library_is_omitted(lines: Lines) -> None:
    logging.getLogger("library").warning(f"row {SECRET}")  # noqa: G004
    (line,) = lines()
    assert line["event"] == HIDDEN
    assert str(line["where"]).startswith(__file__)


def test_an_unformattable_line_of_a_library_discloses_nothing(
    written: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if type(handler) is logging.StreamHandler]
    logging.getLogger("library").warning("%d", SECRET)
    assert SECRET not in written.getvalue() + capsys.readouterr().err


def test_an_exception_logged_as_a_message_discloses_no_text(written: io.StringIO) -> None:
    logging.getLogger("library").warning(ValueError(SECRET))
    logging.getLogger("library").warning({"email": SECRET})
    assert SECRET not in written.getvalue()


def failing() -> None:
    raise ValueError(f"Key (email)=({SECRET})") from KeyError(SECRET)


def test_an_exception_of_a_library_is_written_as_its_type_and_frames(written: io.StringIO, lines: Lines) -> None:
    try:
        failing()
    except ValueError:
        logging.getLogger("library").exception("failed")
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert isinstance(line["where"], list)
    assert line["where"][-1].endswith(" failing")
    assert SECRET not in written.getvalue()


def test_an_exception_of_the_registry_is_written_as_its_type_and_frames(written: io.StringIO, lines: Lines) -> None:
    try:
        failing()
    except ValueError as error:
        ours().exception("failed")
        ours().error("failed", exc_info=error)
    assert SECRET not in written.getvalue()
    for line in lines():
        assert line["error"] == "ValueError"
        assert isinstance(line["where"], list)
        assert line["where"][-1].endswith(" failing")


def test_readable_lines_have_color_codes_only_on_a_terminal(
    written: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(readable=True)
    ours().warning("request", status=500)
    line = capsys.readouterr().err
    assert "request" in line
    assert "\x1b" not in line


def test_lines_below_the_level_are_not_written(lines: Lines) -> None:
    ours().debug("x")
    logging.getLogger("library").debug("x")
    logging.getLogger("httpx").info("GET https://upstream.example/patients/7")
    assert lines() == []
