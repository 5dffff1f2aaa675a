"""How the registry proves to an upstream who it is."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from attrs import Attribute, field, frozen

from adapters.external.network import OneConnection


class Credentials(Protocol):
    """Those of one process, used on its loop alone."""

    async def headers(self) -> Mapping[str, str]:
        """What a request carries. Raises `Unavailable`, `RateLimited`, `InvalidAnswer` when it cannot be had."""
        ...

    def renewable(self, headers: Mapping[str, str]) -> bool:
        """Upstream says that these have expired. Whether `headers` will give others."""
        ...


NewHttp: TypeAlias = Callable[[], OneConnection]
CredentialsFactory: TypeAlias = Callable[[NewHttp], Credentials]
"""Makes those of a process, which may make connections like those of the calls themselves."""


def printable(_instance: object, attribute: "Attribute[str]", value: str) -> None:
    if not (value.isascii() and value.isprintable()):
        raise ValueError(f"An upstream's {attribute.name} is made of printable ASCII characters.")


@frozen
class BearerToken(Credentials):
    """One that somebody else renews. Without a token nothing is sent."""

    token: str = field(default="", repr=False, validator=printable)

    def __call__(self, _new_http: NewHttp) -> Credentials:
        """The same in every process."""
        return self

    async def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def renewable(self, headers: Mapping[str, str]) -> bool:
        return False
