from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from time import perf_counter
from typing import ParamSpec, TypedDict, TypeVar

import structlog

from adapters.telemetry.metrics import count_use_case, to_snake_case
from core.errors import RegistryError

P = ParamSpec("P")
R = TypeVar("R")


class Observation(TypedDict):
    operation: str
    outcome: str
    milliseconds: float


_COLLECTED: ContextVar[list[Observation] | None] = ContextVar("collected", default=None)


@contextmanager
def collected() -> Generator[list[Observation]]:
    """The use cases that are called inside, for one line of the caller's: they log none of their own."""
    observations: list[Observation] = []
    token = _COLLECTED.set(observations)
    try:
        yield observations
    finally:
        _COLLECTED.reset(token)


def observed(use_case: Callable[P, R], *, logs_success: bool = True) -> Callable[P, R]:
    """The same use case, which counts each call and logs it once: the operation, its outcome and how long it took.

    The outcome is the result's own `outcome` if it is one of an enumeration, otherwise `done`; or the error's kind.
    """
    operation = to_snake_case(type(use_case).__name__, "_")
    log = structlog.stdlib.get_logger("patient_registry.use_cases")

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        started = perf_counter()
        outcome = "crashed"
        try:
            result = use_case(*args, **kwargs)
            own: object = getattr(result, "outcome", None)
            outcome = own.value if isinstance(own, StrEnum) else "done"
            return result
        except RegistryError as error:
            outcome = error.kind
            raise
        finally:
            seconds = perf_counter() - started
            count_use_case(operation, outcome, seconds)
            if logs_success or outcome != "done":
                milliseconds, others = round(seconds * 1000, 1), _COLLECTED.get()
                if others is None:
                    log.info("use_case", operation=operation, outcome=outcome, milliseconds=milliseconds)
                else:
                    others.append({"operation": operation, "outcome": outcome, "milliseconds": milliseconds})

    return call
