from attrs import field, frozen
from attrs.validators import and_, ge, instance_of, le

_seconds = and_(ge(0.01), le(3600.0))
_count = and_(instance_of(int), ge(1))


@frozen(kw_only=True)
class UpstreamPolicy:
    """How long and how hard one upstream is tried. Times are in seconds, from 0.01 to 3600.

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

    failure_threshold: int = field(default=5, validator=_count)
    """This many failed attempts in a row open the circuit: two callers whose attempts all fail."""

    recovery: float = field(default=30.0, validator=_seconds)
    """How long an open circuit lets nothing through."""

    max_calls: int = field(default=10, validator=_count)
    """Calls under way at once, and connections. What comes on top is refused at once, so that a hanging upstream holds
    no more than this many of the server's threads."""

    max_body: int = field(default=1024 * 1024, validator=_count)
    """Bytes in an answer's body, as sent and as unpacked."""
