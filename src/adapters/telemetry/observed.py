import re
from collections.abc import Callable
from time import perf_counter
from typing import ParamSpec, TypeVar

import structlog

from core.errors import RegistryError

P = ParamSpec("P")
R = TypeVar("R")


def observed(use_case: Callable[P, R]) -> Callable[P, R]:
    """The same use case, which logs each call once: the operation, its outcome and how long it took."""
    operation = re.sub(r"(?<!^)(?=[A-Z])", "_", type(use_case).__name__).lower()
    log = structlog.stdlib.get_logger("patient_registry.use_cases")

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        started = perf_counter()
        outcome = "crashed"
        try:
            result = use_case(*args, **kwargs)
            outcome = "done"
            return result
        except RegistryError as error:
            outcome = error.kind
            raise
        finally:
            milliseconds = round((perf_counter() - started) * 1000, 1)
            log.info("use_case", operation=operation, outcome=outcome, milliseconds=milliseconds)

    return call
