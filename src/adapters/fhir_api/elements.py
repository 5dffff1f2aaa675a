"""Reading the elements of a FHIR resource: unknown and malformed ones are collected as errors, by their FHIRPath."""

from collections.abc import Collection, Iterator, Mapping
from typing import cast

from attrs import frozen

from core.errors import ErrorCollector

UNSUPPORTED = "unsupported"


@frozen
class Element:
    """A JSON object at `path`, such as `Patient.name[0]`."""

    path: str
    members: Mapping[str, object]
    errors: ErrorCollector

    @classmethod
    def read(cls, path: str, raw: object, known: Collection[str], errors: ErrorCollector) -> "Element":
        """Members that are not `known` are errors: the registry would lose them."""
        if not isinstance(raw, dict):
            errors.add(path, "type", "Must be an object.")
            return cls(path, {}, errors)
        members = cast("dict[str, object]", raw)
        for name in members.keys() - known:
            errors.add(f"{path}.{name}", UNSUPPORTED, "The registry does not store this element.")
        return cls(path, members, errors)

    def has(self, name: str) -> bool:
        return name in self.members

    def text(self, name: str) -> str | None:
        value = self.members.get(name)
        if isinstance(value, str) or name not in self.members:
            return cast("str | None", value)
        self.refuse(name, "type", "Must be a string.")
        return None

    def boolean(self, name: str) -> bool | None:
        value = self.members.get(name)
        if isinstance(value, bool) or name not in self.members:
            return cast("bool | None", value)
        self.refuse(name, "type", "Must be true or false.")
        return None

    def texts(self, name: str) -> list[str]:
        values = self._list(name)
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) < len(values):
            self.refuse(name, "type", "Must be a list of strings.")
        return texts

    def element(self, name: str, known: Collection[str]) -> "Element":
        """Empty if it is missing."""
        return Element.read(f"{self.path}.{name}", self.members.get(name, {}), known, self.errors)

    def elements(self, name: str, known: Collection[str]) -> Iterator["Element"]:
        for number, item in enumerate(self._list(name)):
            yield Element.read(f"{self.path}.{name}[{number}]", item, known, self.errors)

    def only(self, name: str, known: Collection[str]) -> "Element":
        """The only item of a list. Empty if the list is missing."""
        first, *others = [*self.elements(name, known), Element(f"{self.path}.{name}", {}, self.errors)]
        for other in others[:-1]:
            self.errors.add(other.path, UNSUPPORTED, "The registry stores one of these.")
        return first

    def choice(self, name: str, codes: Mapping[str, str]) -> str | None:
        """The registry's word for the code."""
        code = self.text(name)
        if code is not None and code not in codes:
            self.refuse(name, UNSUPPORTED, f"The registry stores one of: {', '.join(codes)}.")
        return codes.get(code or "")

    def refuse(self, name: str, code: str, message: str) -> None:
        self.errors.add(f"{self.path}.{name}", code, message)

    def _list(self, name: str) -> list[object]:
        value = self.members.get(name, [])
        if isinstance(value, list):
            return cast("list[object]", value)
        self.refuse(name, "type", "Must be a list.")
        return []
