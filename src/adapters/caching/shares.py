"""Calls of a limit that this process has taken from the count of all processes, to use them without asking it."""

from threading import Lock

from attrs import define, field, frozen

MAX_CALLERS = 10_000


@define
class _Share:
    unused: int
    for_others: int


@frozen
class Shares:
    """Forgets all shares, hence calls that nobody can use any more, when more than `MAX_CALLERS` have one."""

    _shares: dict[str, _Share] = field(init=False, factory=dict[str, _Share])
    _lock: Lock = field(init=False, factory=Lock)

    def use(self, key: str) -> int | None:
        """Uses a call. Returns how many are left to the caller, for others to take included; None without a share."""
        with self._lock:
            share = self._shares.get(key)
            if share is None or not share.unused:
                return None
            share.unused -= 1
            return share.unused + share.for_others

    def add(self, key: str, calls: int, *, for_others: int) -> None:
        with self._lock:
            if len(self._shares) >= MAX_CALLERS:
                self._shares.clear()
            share = self._shares.setdefault(key, _Share(0, for_others))
            share.unused += calls
            share.for_others = for_others
