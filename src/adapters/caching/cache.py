from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from threading import Lock
from typing import Literal, TypeVar, cast
from uuid import UUID, uuid4

from cattrs import StructureHandlerNotFoundError
from cattrs.preconf.orjson import make_converter
from django.core.cache import BaseCache

from adapters.caching.backend import CacheBackend
from core.ports import Cache

T = TypeVar("T")
Read = Literal["hit", "miss", "down"]

_converter = make_converter(detailed_validation=False, forbid_extra_keys=True)
_converter.register_structure_hook(UUID, lambda raw, _: UUID(raw))


class DjangoCache(Cache):
    """Each entry names the generation of its key, and deleting a key begins a new generation: a value that was computed
    before the deletion and stored after it is not found.

    Entries are JSON. An entry that cannot be read, because another version of the registry wrote it, is a miss.
    `on_result` gets the result of each read.
    """

    def __init__(
        self,
        backend: CacheBackend,
        on_result: Callable[[Read], None] = lambda _: None,
        after_commit: Callable[[Callable[[], None]], None] = lambda work: work(),
    ) -> None:
        self._backend = backend
        self._after_commit = after_commit
        self._on_result = on_result
        self._flights: dict[str, Future[object]] = {}
        self._lock = Lock()

    def get(self, key: str, kind: type[T], lifetime: timedelta, make: Callable[[], T]) -> T:
        generation, kept = self._read(key, kind)
        self._on_result("hit" if kept is not None else "down" if generation is None else "miss")
        if kept is not None:
            return kept
        with self._lock:
            flight = self._flights.get(key)
            if leads := flight is None:
                flight = self._flights[key] = Future()
        if leads:
            self._fly(key, flight, lambda: self._made(key, kind, lifetime, make))
        return cast("T", flight.result())

    def delete(self, *keys: str) -> None:
        self._after_commit(lambda: self._delete(keys))

    def _delete(self, keys: Sequence[str]) -> None:
        with self._lock:
            for key in keys:
                self._flights.pop(key, None)  # later reads must not join it
        fresh = {_generation_key(key): uuid4().hex for key in keys}
        self._backend(lambda cache: cache.set_many(fresh, timeout=None))

    def _fly(self, key: str, flight: Future[object], work: Callable[[], object]) -> None:
        try:
            flight.set_result(work())
        except BaseException as error:
            flight.set_exception(error)
            raise
        finally:
            with self._lock:
                if self._flights.get(key) is flight:
                    del self._flights[key]

    def _read(self, key: str, kind: type[T]) -> tuple[str | None, T | None]:
        """The current generation, None while the cache is down, and its entry."""
        found = self._backend(lambda cache: cache.get_many([_generation_key(key), key]))
        if found is None:
            return None, None
        generation = found.get(_generation_key(key))
        if generation is None:
            first = uuid4().hex
            generation = self._backend(lambda cache: cache.get_or_set(_generation_key(key), first, timeout=None))
            return generation, None
        made_in, _, entry = str(found.get(key, "")).partition(" ")
        if made_in != generation:
            return generation, None
        try:
            return generation, _converter.loads(entry, kind)
        except StructureHandlerNotFoundError:  # a type that cannot be cached
            raise
        except Exception:  # noqa: BLE001 (an unreadable entry is a miss)
            return generation, None

    def _made(self, key: str, kind: type[T], lifetime: timedelta, make: Callable[[], T]) -> T:
        generation, kept = self._read(key, kind)
        if kept is not None:  # another process stored it in the meantime
            return kept
        made = make()
        if generation is not None:
            entry = f"{generation} {_converter.dumps(made).decode()}"
            self._backend(lambda cache: _keep(cache, key, generation, entry, lifetime))
        return made


def _keep(cache: BaseCache, key: str, generation: str, entry: str, lifetime: timedelta) -> None:
    if cache.get(_generation_key(key)) == generation:  # a newer entry must stay
        cache.set(key, entry, timeout=lifetime.total_seconds())


def _generation_key(key: str) -> str:
    return f"{key}:generation"
