"""W3C Trace Context (https://www.w3.org/TR/trace-context/): a request continues the trace of its caller.

The trace is in structlog's context, so each log line has it, under the names that OpenTelemetry uses, and calls to
other systems carry it on. `span_id` is the id of this request in the trace, `parent_id` that of the caller.
"""

import re
from collections.abc import Mapping
from secrets import token_hex

import structlog

_TRACEPARENT = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace_id>(?!0{32})[0-9a-f]{32})"
    r"-(?P<parent_id>(?!0{16})[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<rest>(?:-.*)?)"
)
_SAMPLED = 0x01


def continued(traceparent: str) -> Mapping[str, str]:
    """What the log lines of a request with this header have of its trace: nothing if it is not valid.

    Later versions may add parts at the end, which are ignored, and flags, which are cleared.
    """
    found = _TRACEPARENT.fullmatch(traceparent)
    if not found or (found["version"] == "00" and found["rest"]):
        return {}
    return {
        "trace_id": found["trace_id"],
        "parent_id": found["parent_id"],
        "span_id": token_hex(8),
        "trace_flags": f"{int(found['flags'], 16) & _SAMPLED:02x}",
    }


def headers() -> Mapping[str, str]:
    """For a call to another system: its parent is the current request. Empty if that has no trace."""
    trace = structlog.contextvars.get_contextvars()
    if "trace_id" not in trace:
        return {}
    return {"traceparent": f"00-{trace['trace_id']}-{trace['span_id']}-{trace['trace_flags']}"}
