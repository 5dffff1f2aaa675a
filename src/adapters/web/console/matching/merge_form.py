"""The choices of a merge."""

from typing import TypedDict

from attrs import frozen
from django.http import HttpRequest

from adapters.web.console.patients.compare import Row, compare
from adapters.web.console.query import version_of
from core.matching.merging import FIELDS, default_source
from core.patients.entities import Patient
from core.patients.fields import LISTS
from core.patients.restoring import TOGETHER

BOTH = "both"  # the items of two lists, for which the use case needs no choice
_PREFIX = "choice-"


class MergeDetails(TypedDict):
    expected_version: int
    expected_other_version: int
    choices: dict[str, str]
    reason: str | None


@frozen
class ChoiceRow:
    """`chosen` is empty for a field without a choice. `joins` is whether the items of both can come together."""

    row: Row
    chosen: str
    joins: bool


@frozen
class MergeForm:
    """What was sent. `choices` are by field, `step` is `choose`, `preview` or `merge`."""

    choices: dict[str, str]
    reason: str
    version: int
    other_version: int
    step: str

    @classmethod
    def of(cls, request: HttpRequest) -> "MergeForm":
        sent = request.POST
        return cls(
            {name: sent[_PREFIX + name] for name in FIELDS if _PREFIX + name in sent},
            sent.get("reason", ""),
            version_of(request),
            version_of(request, "other_version"),
            sent.get("step", "preview"),
        )

    @property
    def details(self) -> MergeDetails:
        """As the use case takes them."""
        return {
            "expected_version": self.version,
            "expected_other_version": self.other_version,
            "choices": {name: source for name, source in self.choices.items() if source != BOTH},
            "reason": self.reason.strip() or None,
        }

    def rows(self, survivor: Patient, other: Patient) -> list[ChoiceRow]:
        return [self._row(row, survivor, other) for row in compare(survivor, other)]

    def _row(self, row: Row, survivor: Patient, other: Patient) -> ChoiceRow:
        name = row.name
        parts = (name, TOGETHER.get(name, name))
        if name not in FIELDS or all(getattr(survivor, part) == getattr(other, part) for part in parts):
            return ChoiceRow(row, "", joins=False)
        default = default_source(name, survivor, other) or BOTH
        return ChoiceRow(row, self.choices.get(name, default), joins=name in LISTS)
