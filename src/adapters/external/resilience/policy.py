from typing import Self

from attrs import field, fields_dict, frozen
from attrs.validators import and_, ge, instance_of, le

_seconds = and_(ge(0.01), le(3600.0))
_count = and_(instance_of(int), ge(1))
_share = and_(ge(0.01), le(1.0))


@frozen(kw_only=True)
class UpstreamPolicy:
    """The limits for calls to one upstream. Times are in seconds, from 0.01 to 3600; shares are from 0.01 to 1.

    Raises `ValueError` or `TypeError` for a value out of bounds.
    """

    timeout: float = field(default=5.0, validator=_seconds)
    """For one call, with all its attempts and waits. A person may be waiting for it."""

    attempt_timeout: float = field(default=3.0, validator=_seconds)
    """For one attempt: long enough for a slow response, short enough to leave time for a retry."""

    attempts: int = field(default=3, validator=and_(_count, le(10)))
    backoff: float = field(default=0.1, validator=_seconds)
    """The wait before attempt n + 1 is random, from 0 to `backoff` · 2ⁿ⁻¹, at most `backoff_cap`."""

    backoff_cap: float = field(default=1.0, validator=_seconds)
    retry_after_cap: float = field(default=300.0, validator=_seconds)
    """A longer `Retry-After` from upstream is shortened to this."""

    retry_share: float = field(default=0.1, validator=_share)
    """Retries per recent call: when every call fails, upstream gets a tenth more requests, not three times as many."""

    retry_floor: float = field(default=0.1, validator=and_(ge(0.0), le(1000.0)))
    """Retries per second in addition, so that a registry with few calls can retry too. The budget never exceeds the
    retries of one call."""

    failure_rate: float = field(default=0.5, validator=_share)
    """The circuit opens when this share of the attempts in the window failed or were slow."""

    min_calls: int = field(default=5, validator=_count)
    """The circuit stays closed below this number of attempts in the window."""

    window: float = field(default=60.0, validator=_seconds)
    """Older attempts are ignored."""

    window_calls: int = field(default=100, validator=and_(_count, le(10_000)))
    """Only the latest attempts count, up to this number: a busy registry detects an outage within seconds."""

    slow_call: float = field(default=2.5, validator=_seconds)
    """A slower response is still returned, but counts towards `failure_rate`: upstream is about to be too slow."""

    recovery: float = field(default=30.0, validator=_seconds)
    """How long an open circuit admits no attempt."""

    probes: int = field(default=2, validator=_count)
    """Concurrent attempts that a half-open circuit admits, and successes that it needs to close."""

    max_calls: int = field(default=10, validator=_count)
    """Concurrent attempts of one process, and so its connections. More are refused immediately."""

    bulk_calls: int = field(default=5, validator=_count)
    """Concurrent calls of a job in one process. The rest of `max_calls` is left for people who wait."""

    max_threads: int = field(default=4, validator=_count)
    """Threads that may wait for upstream at once; by default half of a server's. The others serve requests that need no
    upstream."""

    max_body: int = field(default=64 * 1024, validator=_count)
    """Bytes of a response body, as sent and as decompressed. The record of a patient has a few thousand. Parsing a body
    of this size blocks the loop of all calls for 10 ms."""

    def __attrs_post_init__(self) -> None:
        if self.min_calls > self.window_calls:
            raise ValueError(f"min_calls must not be more than window_calls, {self.window_calls}.")

    @classmethod
    def parse(cls, raw: str, **given: float) -> Self:
        """From text such as `recovery=60, attempts=2`. Other values are as `given`, else the defaults.

        Raises `ValueError`, which names the invalid part.
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
        return cls(**values)  # pyright: ignore[reportArgumentType] (the validators check the types)
