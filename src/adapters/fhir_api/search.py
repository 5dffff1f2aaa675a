"""What a FHIR search asks for, as filters of the registry."""

from collections.abc import Callable, Iterable
from typing import cast

from attrs import define, field

from core.errors import FieldError, InvalidValue, ValidationError
from core.patients.entities import Patient
from core.patients.search import Filters

DEFAULT_COUNT = 50
_FILTERED_BY = {
    "q": "name",
    "ids": "_id",
    "sex": "gender",
    "date_of_birth": "birthdate",
    "born_after": "birthdate",
    "born_before": "birthdate",
    "external_id": "identifier",
    "updated_after": "_lastUpdated",
    "after": "_cursor",
    "limit": "_count",
}
Keep = Callable[[Patient], bool]


@define
class Search:
    """`filters` are those of the registry, whose words find more than names. Of the patients that they find, `keeps`
    select those whose names begin with the words. `total` and `summary` are whether to count, and to give nothing but
    the count."""

    filters: dict[str, object] = field(factory=dict[str, object])
    words: list[str] = field(factory=list[str])
    keeps: list[Keep] = field(factory=list[Keep])
    count: int = DEFAULT_COUNT
    total: bool = False
    summary: bool = False

    def set(self, name: str, value: object) -> None:
        """Raises `InvalidValue` if the filter is set already: the registry has no intersection of two of a kind."""
        if name in self.filters:
            raise InvalidValue("repeated", "Must be sent only once.")
        self.filters[name] = value

    def selected(self, patients: Iterable[Patient]) -> list[Patient]:
        return [patient for patient in patients if all(keep(patient) for keep in self.keeps)]

    def as_filters(self) -> Filters:
        return cast("Filters", self.filters)


def by_parameter(error: ValidationError) -> ValidationError:
    """The errors of filters as errors of parameters."""
    errors = [FieldError(_FILTERED_BY.get(one.field, one.field), one.code, one.message) for one in error.errors]
    return ValidationError(errors, omitted=error.omitted)
