"""Whether an upstream record is about the patient it was fetched for."""

from collections.abc import Collection, Mapping

from core.errors import InvalidValue, ValidationError
from core.patients.folding import alphanumeric
from core.patients.identifier_systems import IdentifierSystems
from core.patients.values import Identifier, parse_identifiers
from core.sync.errors import WrongUpstreamRecord

_IDS = ("id", "external_id")


def ensure_asked_for(document: Mapping[str, object], external_id: str) -> None:
    """If the record has an `id` or an `external_id`, one of them must be the one that was asked for.

    Raises `WrongUpstreamRecord`.
    """
    own = {str(document[name]).strip() for name in _IDS if type(document.get(name)) in {str, int}}
    if own and external_id not in own:
        raise WrongUpstreamRecord


def unique_identifiers(document: Mapping[str, object], systems: IdentifierSystems) -> tuple[Identifier, ...]:
    """Those in unique systems. None if they are invalid: they are only compared."""
    try:
        identifiers = parse_identifiers(document.get("identifiers") or [])
    except (InvalidValue, ValidationError):
        return ()
    return systems.unique_of(identifiers)


def ensure_not_contradicted(known: Collection[Identifier], theirs: Collection[Identifier]) -> None:
    """Where both have identifiers in a system, they must share one in some system.

    Raises `WrongUpstreamRecord`.
    """
    in_common = {one.system for one in known} & {one.system for one in theirs}
    if in_common and not _folded(known) & _folded(theirs):
        raise WrongUpstreamRecord


def _folded(identifiers: Collection[Identifier]) -> set[tuple[str, str]]:
    return {(one.system, alphanumeric(one.value)) for one in identifiers}
