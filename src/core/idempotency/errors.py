from core.errors import Gone, RegistryError


class AnswerGone(Gone):
    kind = "idempotency-answer-gone"
    message = "This request was done before. Its answer is no longer stored."


class KeyReused(RegistryError):
    """Another request was sent with this key, or the same one with other permissions."""

    kind = "idempotency-key-reused"
    message = (
        "This Idempotency-Key was sent with another request or other permissions. Send a new key with a new request."
    )
