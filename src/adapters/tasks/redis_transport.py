from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """Raises `ConnectionError` for messages of a lost connection. kombu 5.7 raises `AttributeError`, which ends the
    worker instead of making it reconnect."""

    def conn_or_acquire(self, client: Any = None) -> Any:
        if client is None and (self.connection is None or self.connection.client is None):
            raise ConnectionError
        return super().conn_or_acquire(client)


class Transport(redis.Transport):
    Channel = Channel
