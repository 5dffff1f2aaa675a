"""The switches of the demo upstream."""

import math
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TypedDict, cast

from attrs import evolve, field, frozen

MAX_LATENCY = 600


class InvalidSwitch(ValueError):
    """The message names the switch and its rule."""


@frozen
class Switches:
    """`latency` is in seconds. `error_rate` is the share of calls that fail with 500. `rate_limit` is in calls per
    second; None means no limit. In an `outage`, connections are accepted and closed without a response."""

    latency: float = 0
    error_rate: float = 0
    rate_limit: int | None = None
    outage: bool = False

    def changed(self, raw: object) -> "Switches":
        """Raises `InvalidSwitch`."""
        if not isinstance(raw, dict):
            raise InvalidSwitch(f"Must be a JSON object with any of {', '.join(_RULES)}.")
        for name, value in cast("dict[str, object]", raw).items():
            if name not in _RULES:
                raise InvalidSwitch(f"{name}: Unknown switch. Must be one of: {', '.join(_RULES)}.")
            is_allowed, rule = _RULES[name]
            if not is_allowed(value):
                raise InvalidSwitch(f"{name}: Must be {rule}.")
        return evolve(self, **cast("_SwitchValues", raw))


class _SwitchValues(TypedDict, total=False):
    latency: float
    error_rate: float
    rate_limit: int | None
    outage: bool


def _is_number(value: object, maximum: float) -> bool:
    return type(value) in {int, float} and 0 <= cast("float", value) <= maximum


_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "latency": (lambda value: _is_number(value, MAX_LATENCY), f"a number of seconds from 0 to {MAX_LATENCY}"),
    "error_rate": (lambda value: _is_number(value, 1), "a number from 0 to 1"),
    "rate_limit": (
        lambda value: value is None or (type(value) is int and value >= 0),
        "a whole number of calls per second, or null for no limit",
    ),
    "outage": (lambda value: isinstance(value, bool), "true or false"),
}


@frozen
class RateLimiter:
    """Not thread-safe."""

    admitted: deque[float] = field(factory=deque[float])

    def seconds_to_wait(self, limit: int | None) -> int:
        """0 for an admitted call. Admits at most `limit` calls in any second."""
        now = monotonic()
        while self.admitted and self.admitted[0] <= now - 1:
            self.admitted.popleft()
        if limit is None or len(self.admitted) < limit:
            self.admitted.append(now)
            return 0
        return math.ceil(self.admitted[0] + 1 - now) if self.admitted else 1
