"""The codes of FHIR R4, and what the registry calls them."""

from core.patients.demographics import AddressUse, NameUse, PhoneUse

EXTERNAL_ID = "urn:patient-registry:external-id"
LANGUAGES = "urn:ietf:bcp:47"
NAME_USES: dict[str, str] = {
    "usual": NameUse.ALIAS,
    "maiden": NameUse.MAIDEN,
    "old": NameUse.FORMER,
    "nickname": NameUse.NICKNAME,
}
PHONE_USES: dict[str, str] = {
    "home": PhoneUse.HOME,
    "mobile": PhoneUse.MOBILE,
    "work": PhoneUse.WORK,
    "old": PhoneUse.OLD,
}
ADDRESS_USES: dict[str, str] = {
    "home": AddressUse.HOME,
    "work": AddressUse.WORK,
    "temp": AddressUse.TEMPORARY,
    "old": AddressUse.OLD,
}
