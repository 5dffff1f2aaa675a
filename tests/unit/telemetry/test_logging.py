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
def test_what_is_under_an_unlisted_key_is_hidden(written: io.StringIO, lines: Lines, key: str) -> None:
    ours().info("request", **{key: SECRET})
    assert SECRET not in written.getvalue()
    assert lines()[0].get(key, HIDDEN) == HIDDEN


@given(st.dictionaries(st.text(st.characters(exclude_characters="_"), min_size=1), st.integers()))
def test_only_listed_keys_keep_their_values(event: dict[str, object]) -> None:
    shown = hide_unlisted(None, "info", dict(event))
    assert {key for key, value in shown.items() if value != HIDDEN} <= ALLOWED_KEYS
    assert shown.keys() == event.keys()


def test_no_line_of_ours_has_an_unlisted_key() -> None:
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "src").rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    logging_calls = [call for call in calls if re.match(r"(self\._)?log\.\w+\(", ast.unparse(call))]
    keys = {keyword.arg for call in logging_calls for keyword in call.keywords}
    assert {"operation", "route", "count"} <= keys <= ALLOWED_KEYS | {"exc_info"}


def test_what_is_bound_to_the_context_is_hidden_too(written: io.StringIO, lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1", patient=SECRET):
        ours().info("request")
        logging.getLogger("library").warning("slow")
    assert SECRET not in written.getvalue()
    assert [line["request_id"] for line in lines()] == ["r1", "r1"]


def test_a_librarys_line_is_written_without_what_it_was_filled_with(written: io.StringIO, lines: Lines) -> None:
    logging.getLogger("library").warning("%s was refused for %(x)s", {"x": SECRET})
    logging.getLogger("library").warning("row %s", SECRET, extra={"email": SECRET}, stack_info=True)
    assert SECRET not in written.getvalue()
    assert [line["event"] for line in lines()] == ["%s was refused for %(x)s", "row %s"]


def test_djangos_line_for_an_error_answer_names_the_status_and_not_the_path(written: io.StringIO, lines: Lines) -> None:
    response = HttpResponse(status=500)
    log_response("%s: %s", response.reason_phrase, f"/patients/{SECRET}", response=response, request=None)
    (line,) = lines()
    assert (line["event"], line["status"], line["logger"]) == ("error_response", 500, "django.request")
    assert SECRET not in written.getvalue()


def test_a_librarys_line_that_may_have_been_filled_already_is_left_out(lines: Lines) -> None:
    logging.getLogger("library").warning(f"row {SECRET}")  # noqa: G004
    (line,) = lines()
    assert line["event"] == HIDDEN
    assert str(line["where"]).startswith(__file__)


def test_a_librarys_line_that_cannot_be_filled_gives_nothing_away(
    written: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if type(handler) is logging.StreamHandler]
    logging.getLogger("library").warning("%d", SECRET)
    assert SECRET not in written.getvalue() + capsys.readouterr().err


def test_a_library_that_logs_an_exception_as_its_message_does_not_give_its_text_away(written: io.StringIO) -> None:
    logging.getLogger("library").warning(ValueError(SECRET))
    logging.getLogger("library").warning({"email": SECRET})
    assert SECRET not in written.getvalue()


def failing() -> None:
    raise ValueError(f"Key (email)=({SECRET})") from KeyError(SECRET)


def test_an_exception_in_a_library_is_written_as_its_type_and_places(written: io.StringIO, lines: Lines) -> None:
    try:
        failing()
    except ValueError:
        logging.getLogger("library").exception("failed")
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert isinstance(line["where"], list)
    assert line["where"][-1].endswith(" failing")
    assert SECRET not in written.getvalue()


def test_an_exception_of_ours_is_written_as_its_type_and_places(written: io.StringIO, lines: Lines) -> None:
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


def test_readable_lines_have_no_colour_codes_where_they_do_not_go_to_a_terminal(
    written: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(readable=True)
    ours().warning("request", status=500)
    line = capsys.readouterr().err
    assert "request" in line
    assert "\x1b" not in line


def test_what_is_below_the_level_is_not_written(lines: Lines) -> None:
    ours().debug("x")
    logging.getLogger("library").debug("x")
    logging.getLogger("httpx").info("GET https://upstream.example/patients/7")
    assert lines() == []
