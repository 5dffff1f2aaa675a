"""What of a person is compared."""

from attrs import frozen

from core.patients.dates import PartialDate
from core.patients.demographics import Address, OtherName
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
