from typing import Self

from attrs import field, fields_dict, frozen
from attrs.validators import and_, ge, instance_of, le

_seconds = and_(ge(0.01), le(3600.0))
_count = and_(instance_of(int), ge(1))
_share = and_(ge(0.01), le(1.0))


@frozen(kw_only=True)
class UpstreamPolicy:
    """How long and how hard one upstream is tried. Times are in seconds, from 0.01 to 3600; shares from 0.01 to 1.

    Raises `ValueError` or `TypeError` for a value out of bounds.
    """

    timeout: float = field(default=5.0, validator=_seconds)
    """For one answer to the caller, every attempt and wait included. A person is waiting for it."""

    attempt_timeout: float = field(default=3.0, validator=_seconds)
    """For one attempt: long enough for a slow answer, short enough to leave time for another attempt."""

    attempts: int = field(default=3, validator=and_(_count, le(10)))
    backoff: float = field(default=0.1, validator=_seconds)
    """The wait before attempt n + 1 is drawn from 0 to `backoff` · 2ⁿ⁻¹, capped."""

    backoff_cap: float = field(default=1.0, validator=_seconds)
    retry_after_cap: float = field(default=300.0, validator=_seconds)
    """Upstream may ask for any wait; nobody is told to wait for longer than this."""

    retry_share: float = field(default=0.1, validator=_share)
    """Retries for each call of late: when every call fails, upstream sees a tenth more than it is asked for, not three
    times as much."""

    retry_floor: float = field(default=0.1, validator=and_(ge(0.0), le(1000.0)))
    """Retries a second that are allowed besides, so that a registry with few calls has any. No more are ever saved up
    than one call can use."""

    failure_rate: float = field(default=0.5, validator=_share)
    """The circuit opens when this share of the attempts in the window failed or were slow."""

    min_calls: int = field(default=5, validator=_count)
    """Fewer attempts in the window say too little: three callers whose attempts all fail are enough."""

    window: float = field(default=60.0, validator=_seconds)
    """Older attempts say nothing about now."""

    window_calls: int = field(default=100, validator=and_(_count, le(10_000)))
    """Of more than these, the latest count: a busy registry notices within seconds."""

    slow_call: float = field(default=2.5, validator=_seconds)
    """An answer that took longer is the caller's, but counts as a failure: upstream is about to be too slow."""

    recovery: float = field(default=30.0, validator=_seconds)
    """How long an open circuit lets nothing through."""

    probes: int = field(default=2, validator=_count)
    """Attempts that may be under way at once after that, and that have to succeed to close the circuit: one could be
    luck."""

    max_calls: int = field(default=10, validator=_count)
    """Attempts under way at once, and connections. What comes on top is refused at once: upstream need
    not bear more."""

    bulk_calls: int = field(default=5, validator=_count)
    """Of `max_calls`, those that a job may have under way in one process: the others are for people who wait."""

    max_threads: int = field(default=4, validator=_count)
    """Threads that may wait for upstream at once, through retries and back-offs; half of a server's by default. The
    others go on serving what needs no upstream."""

    max_body: int = field(default=64 * 1024, validator=_count)
    """Bytes in an answer's body, as sent and as unpacked. The record of a patient has a few thousand. While it makes
    sense of a body, for 10 ms where it is as large as this, the loop of all calls does nothing else."""

    def __attrs_post_init__(self) -> None:
        if self.min_calls > self.window_calls:
            raise ValueError(f"min_calls must not be more than window_calls, {self.window_calls}.")

    @classmethod
    def parse(cls, raw: str, **given: float) -> Self:
        """From `recovery=60, attempts=2`; what it does not name is as `given`, or as by default.

        Raises `ValueError`, which names the part.
        """
        values: dict[str, float] = dict(given)
        for part in filter(None, (part.strip() for part in raw.split(","))):
            name, _, text = part.partition("=")
            known = fields_dict(cls).get(name.strip())
            if known is None:
                raise ValueError(f"An upstream's policy has no {name.strip()!r}. It has {', '.join(fields_dict(cls))}.")
            try:
                values[known.name] = int(text) if isinstance(known.default, int) else float(text)
            except ValueError:
                raise ValueError(f"{known.name} must be a number in {part!r}.") from None
        return cls(**values)  # pyright: ignore[reportArgumentType] (the validators see to the types)
