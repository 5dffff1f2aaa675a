from collections.abc import Iterable

from attrs import frozen

from core.access import Actor
from core.accounts.services.actor_names import ActorNames


@frozen
class NameActors:
    """Display names for the actors of events, as far as the caller may see them."""

    names: ActorNames

    def __call__(self, *, actor: Actor, names: Iterable[str]) -> dict[str, str | None]:
        return self.names.of(actor, names)
