"""Reading back the values that `Patient.to_json` gave."""

from collections.abc import Mapping
from typing import get_type_hints

from cattrs import Converter

from core.patients.dates import PartialDate
from core.patients.entities import Patient
from core.patients.fields import FieldJson

_TYPES: Mapping[str, type[object]] = get_type_hints(Patient)
_CONVERTER = Converter()
_CONVERTER.register_structure_hook(PartialDate, lambda raw, _: PartialDate(raw))
_CONVERTER.register_structure_hook_func(
    lambda cls: cls == bool | PartialDate, lambda raw, _: raw if isinstance(raw, bool) else PartialDate(raw)
)


def read_values(values: Mapping[str, FieldJson]) -> dict[str, object]:
    """The values of settable fields. They are not validated: they were valid when they were set."""
    return {name: _CONVERTER.structure(value, _TYPES[name]) for name, value in values.items()}
