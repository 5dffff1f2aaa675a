from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import NotRequired, TypedDict, Unpack, cast
from uuid import UUID

from attrs import evolve, frozen

from core.errors import ErrorCollector
from core.patients import values
from core.patients.errors import PatientArchived, StatusMoveRefused
from core.patients.values import Identifier, Sex, Status
from core.values import parse_email

FieldJson = str | list[dict[str, str]] | None


@frozen
class Rules:
    """Context that the parsers need. `phone_region` is a two-letter country code."""

    today: date
    phone_region: str


class Changes(TypedDict, total=False):
    """The fields that an update can set."""

    first_name: str
    last_name: str
    email: str
    phone: str | None
    date_of_birth: date | str
    sex: Sex | str
    identifiers: list[Identifier] | tuple[Identifier, ...]
    external_id: str | None
    status: Status | str


class Registration(TypedDict):
    """The fields of a registration."""

    first_name: str
    last_name: str
    email: str
    date_of_birth: date | str
    phone: NotRequired[str | None]
    sex: NotRequired[Sex | str]
    identifiers: NotRequired[list[Identifier] | tuple[Identifier, ...]]
    external_id: NotRequired[str | None]
    status: NotRequired[Status | str]


class _ParsedRegistration(TypedDict):
    first_name: str
    last_name: str
    email: str
    date_of_birth: date
    phone: NotRequired[str | None]
    sex: NotRequired[Sex]
    identifiers: NotRequired[tuple[Identifier, ...]]
    external_id: NotRequired[str | None]
    status: NotRequired[Status]


_PARSERS: dict[str, Callable[[object, Rules], object]] = {
    "first_name": lambda raw, _: values.parse_person_name(raw),
    "last_name": lambda raw, _: values.parse_person_name(raw),
    "email": lambda raw, _: parse_email(raw),
    "phone": lambda raw, rules: None if raw is None else values.parse_phone(raw, rules.phone_region),
    "date_of_birth": lambda raw, rules: values.parse_date_of_birth(raw, rules.today),
    "sex": lambda raw, _: values.parse_sex(raw),
    "identifiers": lambda raw, _: values.parse_identifiers(raw),
    "external_id": lambda raw, _: None if raw is None else values.parse_external_id(raw),
    "status": lambda raw, _: values.parse_status(raw),
}
SETTABLE = tuple(_PARSERS)
REQUIRED = ("first_name", "last_name", "email", "date_of_birth")


def parse(
    raw: Mapping[str, object], rules: Rules, *, required: tuple[str, ...] = (), errors: ErrorCollector | None = None
) -> dict[str, object]:
    """Parses the settable fields. Raises `ValidationError` with all errors, those in `errors` included."""
    errors = errors or ErrorCollector()
    parsed: dict[str, object] = {}
    for name in required:
        if name not in raw:
            errors.add(name, "required", "This field is required.")
    for name, value in raw.items():
        if name not in _PARSERS:
            errors.add(name, "unknown", "Unknown field.")
            continue
        with errors.field(name):
            parsed[name] = _PARSERS[name](value, rules)
    errors.raise_if_any()
    return parsed


@frozen(kw_only=True, repr=False)
class Patient:
    """The record of one person. `register` and `changed` validate values; the constructor does not."""

    id: UUID
    first_name: str
    last_name: str
    email: str
    phone: str | None
    date_of_birth: date
    sex: Sex
    identifiers: tuple[Identifier, ...]
    status: Status
    version: int
    external_id: str | None
    last_synced_at: datetime | None
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
        parsed = cast("_ParsedRegistration", parse(details, rules, required=REQUIRED, errors=errors))
        return cls(
            id=new_id,
            first_name=parsed["first_name"],
            last_name=parsed["last_name"],
            email=parsed["email"],
            phone=parsed.get("phone"),
            date_of_birth=parsed["date_of_birth"],
            sex=parsed.get("sex", Sex.UNKNOWN),
            identifiers=parsed.get("identifiers", ()),
            status=parsed.get("status", Status.ACTIVE),
            version=1,
            external_id=parsed.get("external_id"),
            last_synced_at=None,
            created_at=now,
            updated_at=now,
        )

    def changed(
        self, now: datetime, rules: Rules, errors: ErrorCollector | None = None, /, **changes: Unpack[Changes]
    ) -> "Patient":
        """Returns the next version, or `self` if nothing differs.

        Allowed status changes: active ⇄ inactive ⇄ archived. An archived record takes no other change. Unchanged values
        are not validated, so a record can be sent back as it was read even if the rules have changed. Raises
        `ValidationError` with all errors, those in `errors` included, `PatientArchived`, `StatusMoveRefused`.
        """
        current = self.to_json()
        differing = {name: value for name, value in changes.items() if name not in current or current[name] != value}
        after = evolve(self, **parse(differing, rules, errors=errors))
        if after == self:
            return self
        if after.status is not self.status and not self.status.may_become(after.status):
            raise StatusMoveRefused(self.status, after.status)
        if self.status is Status.ARCHIVED and after != evolve(self, status=after.status):
            raise PatientArchived
        return evolve(after, version=self.version + 1, updated_at=now)

    def ensure_not_archived(self) -> None:
        """Raises `PatientArchived`."""
        if self.status is Status.ARCHIVED:
            raise PatientArchived

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def age_on(self, day: date) -> int:
        """In whole years. 0 on the day before birth, which is still today in another time zone."""
        return max(values.age_on(day, self.date_of_birth), 0)

    def to_json(self) -> dict[str, FieldJson]:
        """The settable fields as JSON values."""
        return {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "phone": self.phone,
            "date_of_birth": self.date_of_birth.isoformat(),
            "sex": self.sex.value,
            "identifiers": [{"system": i.system, "value": i.value} for i in self.identifiers],
            "external_id": self.external_id,
            "status": self.status.value,
        }

    def __repr__(self) -> str:
        return f"<Patient {self.id}>"
