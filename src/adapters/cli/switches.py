"""How the demo upstream misbehaves."""

import math
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TypedDict, cast

from attrs import evolve, field, frozen

MAX_LATENCY = 600


class SwitchRefused(ValueError):
    """The message names the switch and its rule."""


@frozen
class Switches:
    """`latency` in seconds; `error_rate` is the share of calls answered 500; `rate_limit` the most calls a second, None
    for no limit; in an `outage`, connections are accepted and closed without an answer."""

    latency: float = 0
    error_rate: float = 0
    rate_limit: int | None = None
    outage: bool = False

    def changed(self, raw: object) -> "Switches":
        """Raises `SwitchRefused`."""
        if not isinstance(raw, dict):
            raise SwitchRefused(f"Give a JSON object with any of {', '.join(_RULES)}.")
        for name, value in cast("dict[str, object]", raw).items():
            if name not in _RULES:
                raise SwitchRefused(f"{name}: there is no such switch; there are {', '.join(_RULES)}.")
            is_allowed, rule = _RULES[name]
            if not is_allowed(value):
                raise SwitchRefused(f"{name}: give {rule}.")
        return evolve(self, **cast("_Given", raw))


class _Given(TypedDict, total=False):
    latency: float
    error_rate: float
    rate_limit: int | None
    outage: bool


def _is_number(value: object, most: float) -> bool:
    return type(value) in {int, float} and 0 <= cast("float", value) <= most


_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "latency": (lambda value: _is_number(value, MAX_LATENCY), f"seconds, from 0 to {MAX_LATENCY}"),
    "error_rate": (lambda value: _is_number(value, 1), "a number from 0 to 1"),
    "rate_limit": (
        lambda value: value is None or (type(value) is int and value >= 0),
        "calls per second as a whole number, or null for no limit",
    ),
    "outage": (lambda value: isinstance(value, bool), "true or false"),
}


@frozen
class RateLimiter:
    """Not for several threads at once."""

    admitted: deque[float] = field(factory=deque[float])

    def seconds_to_wait(self, limit: int | None) -> int:
        """0 for a call that is admitted: at most `limit` are in any one second."""
        now = monotonic()
        while self.admitted and self.admitted[0] <= now - 1:
            self.admitted.popleft()
        if limit is None or len(self.admitted) < limit:
            self.admitted.append(now)
            return 0
        return math.ceil(self.admitted[0] + 1 - now) if self.admitted else 1
