"""The part of circuitbreaker 2.1 that the registry uses; the package has no type hints."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

STATE_CLOSED: str
STATE_OPEN: str
STATE_HALF_OPEN: str

class CircuitBreaker:
    _state: str
    _opened: float
    _recovery_timeout: float
    is_failure: Callable[[type[BaseException], BaseException], object]

    def __init__(
        self,
        failure_threshold: int | None = None,
        recovery_timeout: float | None = None,
        expected_exception: type[BaseException] | tuple[type[BaseException], ...] | None = None,
        name: str | None = None,
        fallback_function: Callable[..., object] | None = None,
    ) -> None: ...
    def call(self, func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...
    @property
    def state(self) -> str: ...
    @property
    def open_remaining(self) -> float: ...
    @property
    def opened(self) -> bool: ...
