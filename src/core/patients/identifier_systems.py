"""The systems of identifiers that the registry knows: which are unique to one patient, and how their values are
checked."""

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from attrs import field, frozen
from stdnum.exceptions import ValidationError as InvalidNumber

from core.errors import InvalidValue
from core.patients.values import Identifier

_MEMBERS = {"system", "name", "unique", "pattern", "check"}
_CHECK = re.compile(r"[a-z_]+(\.[a-z0-9_]+)?")


class NumberCheck(Protocol):
    def validate(self, number: str) -> str: ...


def _check(name: str) -> NumberCheck | None:
    if not name:
        return None
    if not _CHECK.fullmatch(name):
        raise ValueError(f"An identifier system's check must be a module of python-stdnum, such as gb.nhs: {name!r}")
    try:
        module = import_module(f"stdnum.{name}")
    except ImportError:
        module = None
    if not hasattr(module, "validate"):
        raise ValueError(f"python-stdnum has no module {name!r} to check identifiers with.")
    return cast("NumberCheck", module)


@frozen
class IdentifierSystem:
    """`system` is its URI, as in an `Identifier`; `name` is for people. `pattern` is a regular expression for the whole
    value. `check` is a module of python-stdnum, such as `gb.nhs`, `us.ssn` or `luhn`; None accepts any value."""

    system: str
    name: str
    unique: bool = True
    pattern: re.Pattern[str] | None = field(default=None, converter=lambda raw: re.compile(raw) if raw else None)
    check: NumberCheck | None = field(default=None, converter=lambda raw: _check(raw or ""))

    def accepts(self, value: str) -> bool:
        if self.pattern and not self.pattern.fullmatch(value):
            return False
        if self.check:
            try:
                self.check.validate(value)
            except InvalidNumber:
                return False
        return True


@frozen
class IdentifierSystems:
    """A system that is not listed is shared: several patients may have the same identifier, and any value is valid."""

    by_system: Mapping[str, IdentifierSystem] = field(factory=dict[str, IdentifierSystem])

    @classmethod
    def parse(cls, raw: object) -> "IdentifierSystems":
        """From a list of objects with `system`, and optionally `name`, `unique` (true by default), `pattern` and
        `check`. Raises `ValueError`.
        """
        if not isinstance(raw, list):
            raise ValueError("IDENTIFIER_SYSTEMS must be a JSON list.")  # noqa: TRY004 (a setting's value)
        systems = [_system(item) for item in cast("list[object]", raw)]
        by_system = {system.system: system for system in systems}
        if len(by_system) != len(systems):
            raise ValueError("IDENTIFIER_SYSTEMS must list each system once.")
        return cls(by_system)

    def is_unique(self, identifier: Identifier) -> bool:
        system = self.by_system.get(identifier.system)
        return system is not None and system.unique

    def unique_of(self, identifiers: Sequence[Identifier]) -> tuple[Identifier, ...]:
        return tuple(identifier for identifier in identifiers if self.is_unique(identifier))

    def ensure_valid(self, identifier: Identifier) -> None:
        """Raises `InvalidValue`."""
        system = self.by_system.get(identifier.system)
        if system and not system.accepts(identifier.value):
            raise InvalidValue("invalid", f"Must be a valid {system.name}.")


DEFAULT_SYSTEMS = IdentifierSystems({"mrn": IdentifierSystem("mrn", "medical record number")})


def _system(raw: object) -> IdentifierSystem:
    if not isinstance(raw, Mapping):
        raise ValueError("IDENTIFIER_SYSTEMS must list objects.")  # noqa: TRY004 (a setting's value)
    item = cast("Mapping[str, object]", raw)
    system, name, unique = item.get("system"), item.get("name", item.get("system")), item.get("unique", True)
    texts = (system, name, item.get("pattern", ""), item.get("check", ""))
    if not system or not set(item) <= _MEMBERS or not isinstance(unique, bool) or not all(map(_is_str, texts)):
        raise ValueError(f"An item of IDENTIFIER_SYSTEMS needs a system and may have: {', '.join(sorted(_MEMBERS))}.")
    try:
        return IdentifierSystem(str(system), str(name), unique, item.get("pattern"), item.get("check"))
    except re.error as error:
        raise ValueError(f"The pattern of an identifier system is no regular expression: {error}.") from None


def _is_str(value: object) -> bool:
    return isinstance(value, str)
