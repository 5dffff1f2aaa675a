"""The shape of a patient. The core validates values, for scripts and the upstream as well."""

from collections.abc import Mapping
from datetime import date

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from adapters.http_api.rest.responses import tagged_document
from adapters.http_api.rest.schemas import CREATED_AT, RECORD_ID, VERSION
from core.patients import demographics
from core.patients.dates import MAX_AGE_YEARS
from core.patients.demographics import AddressUse, NameUse, PhoneUse
from core.patients.entities import Patient
from core.patients.values import (
    MAX_EXTERNAL_ID_LENGTH,
    MAX_IDENTIFIER_SYSTEM_LENGTH,
    MAX_IDENTIFIER_VALUE_LENGTH,
    MAX_IDENTIFIERS,
    MAX_NAME_LENGTH,
    Sex,
    Status,
)
from core.values import MAX_EMAIL_LENGTH, MAX_REASON_LENGTH

_EXTERNAL_ID = "The patient's id in the upstream; null if it is unknown."
_PARTIAL_DATE = r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"


def _text(limit: int, help_text: str, initial: str) -> serializers.CharField:
    return serializers.CharField(
        max_length=limit, allow_null=True, required=False, help_text=help_text, initial=initial
    )


def _list(child: serializers.Field, limit: int, help_text: str, initial: dict[str, object]) -> serializers.ListField:
    return serializers.ListField(child=child, required=False, max_length=limit, help_text=help_text, initial=[initial])


@extend_schema_field({"type": "string", "pattern": _PARTIAL_DATE})
class PartialDateField(serializers.CharField):
    """`YYYY-MM-DD`, `YYYY-MM` or `YYYY`."""


@extend_schema_field({"oneOf": [{"type": "boolean"}, {"type": "string", "pattern": _PARTIAL_DATE}]})
class DeceasedField(serializers.BooleanField):
    """A boolean or a partial date."""


class IdentifierSerializer(serializers.Serializer):
    system = serializers.CharField(
        max_length=MAX_IDENTIFIER_SYSTEM_LENGTH,
        help_text="The authority that assigned the identifier.",
        initial="urn:clinic:mrn",
    )
    value = serializers.CharField(
        max_length=MAX_IDENTIFIER_VALUE_LENGTH, help_text="The identifier itself.", initial="0001234"
    )


class OtherNameSerializer(serializers.Serializer):
    use = serializers.ChoiceField(list(NameUse), help_text="What the name is.", initial=NameUse.MAIDEN.value)
    first_name = _text(MAX_NAME_LENGTH, "Null if it is the current one. One of the names is required.", "Ada")
    last_name = _text(MAX_NAME_LENGTH, "Null if it is the current one.", "Byron")


class OtherPhoneSerializer(serializers.Serializer):
    use = serializers.ChoiceField(list(PhoneUse), help_text="What the number is for.", initial=PhoneUse.WORK.value)
    value = serializers.CharField(help_text="Stored as E.164.", initial="+4930654321")


class AddressSerializer(serializers.Serializer):
    """At least one part besides `use` is required."""

    use = serializers.ChoiceField(
        list(AddressUse), required=False, help_text="`home` by default.", initial=AddressUse.HOME.value
    )
    lines = serializers.ListField(
        child=serializers.CharField(max_length=demographics.MAX_ADDRESS_LENGTH),
        max_length=demographics.MAX_ADDRESS_LINES,
        required=False,
        help_text="Street and house number, floor, care of, in the order of an envelope.",
        initial=["12 St James's Square"],
    )
    city = _text(demographics.MAX_ADDRESS_LENGTH, "City, town or village.", "London")
    district = _text(demographics.MAX_ADDRESS_LENGTH, "District or county.", "Westminster")
    state = _text(demographics.MAX_ADDRESS_LENGTH, "State or province.", "England")
    postal_code = _text(demographics.MAX_POSTAL_CODE_LENGTH, "Postal code.", "SW1Y 4JH")
    country = _text(2, "ISO 3166 code of two letters.", "GB")


class ContactSerializer(serializers.Serializer):
    relationship = serializers.CharField(
        max_length=demographics.MAX_RELATIONSHIP_LENGTH, help_text="To the patient.", initial="mother"
    )
    name = serializers.CharField(max_length=2 * MAX_NAME_LENGTH, help_text="The full name.", initial="Anne Byron")
    phone = serializers.CharField(allow_null=True, required=False, help_text="Stored as E.164.", initial="+4930123456")
    email = serializers.EmailField(
        max_length=MAX_EMAIL_LENGTH,
        allow_null=True,
        required=False,
        help_text="Stored in lower case.",
        initial="anne@example.org",
    )


class DemographicsSerializer(serializers.Serializer):
    first_name = _text(MAX_NAME_LENGTH, "The given names. `first_name` or `last_name` is required.", "Ada")
    middle_name = _text(MAX_NAME_LENGTH, "Names between the first and the last.", "King")
    last_name = _text(MAX_NAME_LENGTH, "The family name. `first_name` or `last_name` is required.", "Lovelace")
    prefix = _text(demographics.MAX_AFFIX_LENGTH, "A title before the name.", "Countess")
    suffix = _text(demographics.MAX_AFFIX_LENGTH, "What follows the name.", "Jr.")
    other_names = _list(
        OtherNameSerializer(),
        demographics.MAX_OTHER_NAMES,
        "Maiden, former and other names. Search finds them as well.",
        {"use": "maiden", "last_name": "Byron"},
    )
    email = serializers.EmailField(
        max_length=MAX_EMAIL_LENGTH,
        allow_null=True,
        required=False,
        help_text="Stored in lower case. Unique among patients, unless `email_shared` is true.",
        initial="ada@example.org",
    )
    email_shared = serializers.BooleanField(
        required=False, help_text="Others, such as the family, may have the same email; false by default."
    )
    phone = serializers.CharField(
        allow_null=True,
        required=False,
        help_text="Stored as E.164. Several patients may share a number.",
        initial="+4930123456",
    )
    other_phones = _list(
        OtherPhoneSerializer(),
        demographics.MAX_OTHER_PHONES,
        "More phone numbers.",
        {"use": "work", "value": "+4930654321"},
    )
    date_of_birth = PartialDateField(
        allow_null=True,
        required=False,
        help_text="`YYYY-MM-DD`, `YYYY-MM` or `YYYY`; null if it is unknown. "
        f"Not in the future, and at most {MAX_AGE_YEARS} years ago.",
        initial="1985-12-10",
    )
    date_of_birth_estimated = serializers.BooleanField(
        required=False, help_text="The date of birth is an estimate; false by default."
    )
    deceased = DeceasedField(
        required=False, help_text="Whether the patient has died, or the date of death, which may be partial."
    )
    sex = serializers.ChoiceField(
        list(Sex), required=False, help_text="Administrative sex; `unknown` by default.", initial=Sex.FEMALE.value
    )
    language = _text(demographics.MAX_LANGUAGE_LENGTH, "The preferred language, as a tag of BCP 47.", "en-GB")
    addresses = _list(
        AddressSerializer(),
        demographics.MAX_ADDRESSES,
        "The first one is the primary address.",
        {"lines": ["12 St James's Square"], "city": "London", "postal_code": "SW1Y 4JH", "country": "GB"},
    )
    contacts = _list(
        ContactSerializer(),
        demographics.MAX_CONTACTS,
        "The next of kin and other persons to reach.",
        {"relationship": "mother", "name": "Anne Byron", "phone": "+4930123456"},
    )
    identifiers = _list(
        IdentifierSerializer(),
        MAX_IDENTIFIERS,
        "Identifiers of other authorities, unique among patients in the systems configured as unique.",
        {"system": "urn:clinic:mrn", "value": "0001234"},
    )
    external_id = _text(MAX_EXTERNAL_ID_LENGTH, _EXTERNAL_ID, "42")
    status = serializers.ChoiceField(
        list(Status), required=False, help_text="`active` by default. Only a merge makes a record `merged`."
    )


class RegistrationSerializer(DemographicsSerializer):
    override_reason = serializers.CharField(
        max_length=MAX_REASON_LENGTH,
        allow_null=True,
        required=False,
        write_only=True,
        help_text="Why this is another person than the patients that a `possible-duplicate` problem named. Kept in the "
        "history.",
        initial="Twins, both called Ada.",
    )


class PatientSerializer(DemographicsSerializer):
    id = serializers.UUIDField(read_only=True, help_text=RECORD_ID)
    full_name = serializers.CharField(
        read_only=True, help_text="First, middle and last name.", initial="Ada King Lovelace"
    )
    age = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        min_value=0,
        help_text="In whole years: today, or at death. Null if the dates do not determine it.",
        initial=40,
    )
    merged_into = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The patient that this duplicate was merged into: use that one."
    )
    version = serializers.IntegerField(read_only=True, min_value=1, help_text=VERSION)
    last_synced_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When the record was last synced with the upstream."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text=CREATED_AT)
    updated_at = serializers.DateTimeField(read_only=True, help_text="When the record was last changed.")


class CompleteRegistrationSerializer(PatientSerializer, RegistrationSerializer):
    """Also knows the members of a record that a registration cannot set."""


def patient_json(patient: Patient, today: date) -> dict[str, object]:
    return {
        "id": patient.id,
        "full_name": patient.full_name,
        **patient.to_json(),
        "age": patient.age_on(today),
        "merged_into": patient.merged_into,
        "version": patient.version,
        "last_synced_at": patient.last_synced_at,
        "created_at": patient.created_at,
        "updated_at": patient.updated_at,
    }


def patient_document(
    request: Request, patient: Patient, today: date, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    return tagged_document(request, patient, patient_json(patient, today), status, headers)
