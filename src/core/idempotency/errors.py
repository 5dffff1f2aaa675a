from core.errors import RegistryError


class KeyReused(RegistryError):
    """Another request was sent with this key."""

    kind = "idempotency-key-reused"
    message = "This Idempotency-Key was sent with another request. Send a new key with a new request."
