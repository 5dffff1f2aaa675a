"""How the registry authenticates to an upstream."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from attrs import Attribute, field, frozen

from adapters.external.transport.http import HttpTransport


class Credentials(Protocol):
    """Of one process; used on its background loop only."""

    async def headers(self) -> Mapping[str, str]:
        """To add to a request. Raises `Unavailable`, `RateLimited`, `InvalidUpstreamResponse` if there are none."""
        ...

    def invalidate(self, headers: Mapping[str, str]) -> bool:
        """The upstream rejected these as expired. Returns whether `headers()` can provide fresh ones."""
        ...


CredentialsFactory: TypeAlias = Callable[[HttpTransport], Credentials]
"""Makes the credentials of one process, which may send requests of their own."""


def printable_ascii(_instance: object, attribute: "Attribute[str]", value: str) -> None:
    if not (value.isascii() and value.isprintable()):
        raise ValueError(f"An upstream's {attribute.name} must consist of printable ASCII characters.")


@frozen
class BearerToken(Credentials):
    """A static token. An empty one sends no credentials."""

    token: str = field(default="", repr=False, validator=printable_ascii)

    def __call__(self, _http: HttpTransport) -> Credentials:
        """It is its own factory: every process uses the same token."""
        return self

    async def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def invalidate(self, headers: Mapping[str, str]) -> bool:
        return False
