from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, Unpack, cast
from uuid import UUID

from attrs import asdict, evolve, frozen

from core.errors import ErrorCollector, FieldError, ValidationError
from core.patients.dates import PartialDate
from core.patients.demographics import Address, Contact, OtherName, OtherPhone
from core.patients.errors import PatientArchived, PatientMerged, StatusMoveRefused
from core.patients.fields import LISTS, NAMES, SETTABLE, Changes, FieldJson, Registration, Rules, parse
from core.patients.values import Identifier, Sex, Status


@frozen(kw_only=True, repr=False)
class Patient:
    """The record of one person. `register` and `changed` validate values; the constructor does not.

    A record has a first or a last name, or both. An email belongs to one patient, unless `email_shared`. The first
    address is the primary one. `deceased` is whether the person has died, or when. `merged_into` is the patient who a
    duplicate was merged into; its status is `merged` then.
    """

    id: UUID
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    other_names: tuple[OtherName, ...] = ()
    email: str | None = None
    email_shared: bool = False
    phone: str | None = None
    other_phones: tuple[OtherPhone, ...] = ()
    date_of_birth: PartialDate | None = None
    date_of_birth_estimated: bool = False
    deceased: bool | PartialDate = False
    sex: Sex = Sex.UNKNOWN
    language: str | None = None
    addresses: tuple[Address, ...] = ()
    contacts: tuple[Contact, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    external_id: str | None = None
    status: Status = Status.ACTIVE
    merged_into: UUID | None = None
    version: int = 1
    last_synced_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def register(
        cls,
        new_id: UUID,
        now: datetime,
        rules: Rules,
        errors: ErrorCollector | None = None,
        /,
        **details: Unpack[Registration],
    ) -> "Patient":
        """Raises `ValidationError` with all errors, those in `errors` included."""
        errors = errors or ErrorCollector()
        if all(details.get(name) is None for name in NAMES):
            _require_name(errors)
        patient = evolve(cls(id=new_id, created_at=now, updated_at=now), **parse(details, rules, errors))
        patient.ensure_died_after_birth()
        return patient

    def changed(
        self, now: datetime, rules: Rules, errors: ErrorCollector | None = None, /, **changes: Unpack[Changes]
    ) -> "Patient":
        """Returns the next version, or `self` if nothing differs.

        Allowed status changes: active ⇄ inactive ⇄ archived. An archived record takes no other change, a merged one
        none at all. Unchanged values are not validated, so a record can be sent back as it was read even if the rules
        have changed. Raises `ValidationError` with all errors, those in `errors` included, `PatientMerged`,
        `PatientArchived`, `StatusMoveRefused`.
        """
        self.ensure_not_merged()
        errors = errors or ErrorCollector()
        current = self.to_json()
        differing = {name: value for name, value in changes.items() if name not in current or current[name] != value}
        if all(differing.get(name, current[name]) is None for name in NAMES):
            _require_name(errors)
        after = evolve(self, **parse(differing, rules, errors))
        if after == self:
            return self
        after.ensure_died_after_birth()
        if after.status is not self.status and not self.status.may_become(after.status):
            raise StatusMoveRefused(self.status, after.status)
        if self.status is Status.ARCHIVED and after != evolve(self, status=after.status):
            raise PatientArchived
        return evolve(after, version=self.version + 1, updated_at=now)

    def ensure_not_archived(self) -> None:
        """Raises `PatientArchived`."""
        if self.status is Status.ARCHIVED:
            raise PatientArchived

    def ensure_not_merged(self) -> None:
        """Raises `PatientMerged`."""
        if self.merged_into is not None:
            raise PatientMerged(self.merged_into)

    @property
    def survivor_id(self) -> UUID:
        """The patient that a merged record leads to; the record's own id otherwise."""
        return self.merged_into or self.id

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.middle_name, self.last_name)))

    def age_on(self, day: date) -> int | None:
        """In whole years, at death for a person who has died; None if the dates do not determine it."""
        if self.date_of_birth is None or self.deceased is True:
            return None
        if self.deceased is False:
            return self.date_of_birth.age_on(day)
        first, last = (self.date_of_birth.age_on(died) for died in (self.deceased.earliest, self.deceased.latest))
        return first if first == last else None

    @property
    def died_before_birth(self) -> bool:
        """By mistake."""
        born, died = self.date_of_birth, self.deceased
        return bool(born and isinstance(died, PartialDate) and died.latest < born.earliest)

    def ensure_died_after_birth(self) -> None:
        """Raises `ValidationError`."""
        if self.died_before_birth:
            raise ValidationError([FieldError("deceased", "before_birth", "Must not be before the date of birth.")])

    def to_json(self) -> dict[str, FieldJson]:
        """The settable fields as JSON values."""
        values = dict(zip(SETTABLE, _settable(self), strict=True))
        values |= {"sex": str(self.sex), "status": str(self.status)}
        for name in ("date_of_birth", "deceased"):
            values[name] = to_json(values[name])
        for name in LISTS:
            values[name] = [_object(item) for item in values[name]]
        return values

    def __repr__(self) -> str:
        return f"<Patient {self.id}>"


_settable: Callable[[Patient], tuple[Any, ...]] = attrgetter(*SETTABLE)


def to_json(value: object) -> object:
    """The JSON value of a field, or of a part of it."""
    if isinstance(value, tuple):
        return [_object(item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, StrEnum):
        return value.value
    return value.iso if isinstance(value, PartialDate) else value


def _object(item: object) -> object:
    if isinstance(item, str):
        return item
    members = cast("Mapping[str, object]", asdict(item, recurse=False))
    return {name: to_json(value) for name, value in members.items()}


def _require_name(errors: ErrorCollector) -> None:
    errors.add("first_name", "required", "first_name or last_name is required.")
