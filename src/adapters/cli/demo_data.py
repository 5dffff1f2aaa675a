"""The demo patients and their upstream records. Deterministic, so that loaded patients match the upstream later."""

import re
from datetime import date, timedelta
from random import Random

from adapters.cli.demo_names import CULTURES, Culture
from core.access import Role
from core.patients.fields import Registration
from core.patients.folding import folded
from core.patients.values import Identifier, Sex, Status
from core.sync.merge import FIELDS

DEMO_PASSWORD = "registry-demo"  # noqa: S105  # nosec B105
DEMO_ACCOUNTS = {
    f"{role}@clinic.example": role for role in (Role.ADMIN, Role.CLERK, Role.READER, Role.AUTHOR, Role.EDITOR)
}
DEMO_PATIENTS = 500
DEMO_DAY = date(2026, 1, 1)  # ages refer to a fixed day, so that dates of birth never change

# Not loaded: a user of the demo can register this patient. Upstream has a newer phone.
VISITOR_ID = "EHR-90001"
VISITOR: Registration = {
    "external_id": VISITOR_ID,
    "first_name": "Zoë",
    "last_name": "O'Connor-Hughes",
    "email": "zoe.oconnor-hughes@mail.example",
    "phone": "+442079460123",
    "date_of_birth": "1987-03-14",
    "sex": "female",
}
VISITOR_PHONE_UPSTREAM = "+442079460987"

_SEED = 500
_MAIL_DOMAINS = ("mail.example", "post.example", "inbox.example", "family.example")
_SEXES = (Sex.FEMALE, Sex.MALE, Sex.OTHER, Sex.UNKNOWN), (48, 48, 2, 2)
_STATUSES = (Status.ACTIVE, Status.INACTIVE, Status.ARCHIVED), (93, 5, 2)
_AGES = (range(18), range(18, 40), range(40, 65), range(65, 85), range(85, 101)), (18, 24, 28, 22, 8)

UpstreamRecord = dict[str, object]


def demo_patients() -> dict[str, Registration]:
    """By external id, `EHR-00001` to `EHR-00500`. Emails and identifiers are unique."""
    rng = Random(_SEED)  # nosec B311
    used: set[str] = set()
    ids = {number: f"EHR-{number:05}" for number in range(1, DEMO_PATIENTS + 1)}
    return {external_id: _patient(rng, number, external_id, used) for number, external_id in ids.items()}


def upstream_records() -> dict[str, UpstreamRecord]:
    """By external id: nine of ten demo patients, one in seven with a newer phone, last name or email; the visitor."""
    rng = Random(_SEED)  # nosec B311
    records: dict[str, UpstreamRecord] = {}
    for number, (external_id, patient) in enumerate(demo_patients().items(), start=1):
        if number % 10 == 0:
            continue
        newer = _newer(rng, number // 7 % 3, patient) if number % 7 == 3 else {}
        records[external_id] = _record(external_id, patient) | newer
    records[VISITOR_ID] = _record(VISITOR_ID, VISITOR) | {"phone": VISITOR_PHONE_UPSTREAM}
    return records


def _patient(rng: Random, number: int, external_id: str, used: set[str]) -> Registration:
    culture = rng.choice(CULTURES)
    sex = rng.choices(*_SEXES)[0]
    first_name = rng.choice(culture.given_names(sex))
    last_name = rng.choice(culture.family_names(first_name))
    identifiers = [Identifier("mrn", f"{100_000 + number}")]
    if rng.random() < 0.6:
        identifiers.append(Identifier(f"national-{culture.country}", f"{number:03}-{rng.randrange(10**7):07}"))
    return {
        "external_id": external_id,
        "first_name": first_name,
        "last_name": last_name,
        "email": _email(rng, f"{first_name} {last_name}", used),
        "phone": _phone(rng, culture) if rng.random() < 0.93 else None,
        "date_of_birth": _birthday(rng),
        "sex": sex,
        "identifiers": identifiers,
        "status": rng.choices(*_STATUSES)[0],
    }


def _email(rng: Random, name: str, used: set[str]) -> str:
    """The local part is unique, so that an email stays unique when its domain changes."""
    plain = ".".join(re.findall(r"[a-z0-9-]+", folded(name).replace("'", "")))
    local = plain
    while local in used:
        local = f"{plain}{rng.randrange(10, 100)}"
    used.add(local)
    return f"{local}@{rng.choice(_MAIL_DOMAINS)}"


def _phone(rng: Random, culture: Culture) -> str:
    return culture.phone + "".join(rng.choices("0123456789", k=culture.phone_digits))


def _birthday(rng: Random) -> date:
    age = rng.choice(rng.choices(*_AGES)[0])
    return DEMO_DAY.replace(year=DEMO_DAY.year - age) - timedelta(days=rng.randrange(365))


def _record(external_id: str, patient: Registration) -> UpstreamRecord:
    record: UpstreamRecord = {name: patient.get(name) for name in FIELDS}
    return {"id": external_id} | record | {"date_of_birth": str(patient.get("date_of_birth"))}


def _newer(rng: Random, kind: int, patient: Registration) -> UpstreamRecord:
    if kind == 0:
        return {"phone": _phone(rng, rng.choice(CULTURES))}
    if kind == 1:
        return {"last_name": f"{patient.get('last_name')}-{rng.choice(['Silva', 'Kovács', 'Ōno', 'Walker'])}"}
    return {"email": str(patient.get("email")).partition("@")[0] + "@moved.example"}
