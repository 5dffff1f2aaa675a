"""What of a person is compared."""

from collections.abc import Iterable
from uuid import UUID

from attrs import frozen

from core.patients.dates import PartialDate
from core.patients.demographics import Address, OtherName, OtherPhone
from core.patients.entities import Patient
from core.patients.values import Identifier, Sex


@frozen(repr=False, kw_only=True)
class PersonDetails:
    """`phones` are in E.164."""

    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    other_names: tuple[OtherName, ...] = ()
    date_of_birth: PartialDate | None = None
    sex: Sex = Sex.UNKNOWN
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    identifiers: tuple[Identifier, ...] = ()

    @classmethod
    def of(cls, patient: Patient) -> "PersonDetails":
        return cls(
            first_name=patient.first_name,
            middle_name=patient.middle_name,
            last_name=patient.last_name,
            other_names=patient.other_names,
            date_of_birth=patient.date_of_birth,
            sex=patient.sex,
            phones=all_phones(patient.phone, patient.other_phones),
            emails=() if patient.email is None else (patient.email,),
            addresses=patient.addresses,
            identifiers=patient.identifiers,
        )


def all_phones(phone: str | None, others: Iterable[OtherPhone]) -> tuple[str, ...]:
    return (*(() if phone is None else (phone,)), *(other.value for other in others))


@frozen
class StoredPerson:
    """What is compared of a stored patient."""

    id: UUID
    merged_into: UUID | None
    details: PersonDetails

    @classmethod
    def of(cls, patient: Patient) -> "StoredPerson":
        return cls(patient.id, patient.merged_into, PersonDetails.of(patient))
