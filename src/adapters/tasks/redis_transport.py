from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """A connection that is lost is a `ConnectionError` to messages that came over it. kombu 5.7 raises `AttributeError`
    there, which ends the worker, in place of one of the errors after which it connects again."""

    def conn_or_acquire(self, client: Any = None) -> Any:
        if client is None and (self.connection is None or self.connection.client is None):
            raise ConnectionError
        return super().conn_or_acquire(client)


class Transport(redis.Transport):
    Channel = Channel
