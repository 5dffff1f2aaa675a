import pytest

from tests.fhir.conftest import Fhir, codes

PEOPLE = [
    {
        "identifier": [
            {"system": "urn:x:nr", "value": "7"},
            {"system": "urn:patient-registry:external-id", "value": "E7"},
        ],
        "name": [{"family": "Müller", "given": ["Anna", "Maria"]}, {"use": "maiden", "family": "King"}],
        "telecom": [{"system": "phone", "value": "+12015550123"}, {"system": "email", "value": "anna@example.org"}],
        "gender": "female",
        "birthDate": "1980-02-29",
    },
    {"name": [{"family": "King", "given": ["Müller"]}], "gender": "male", "birthDate": "1980"},
    {"name": [{"family": "Okafor", "given": ["Bo"]}], "birthDate": "1999-12-31", "active": False},
]


@pytest.fixture
def people(fhir: Fhir) -> None:
    for person in PEOPLE:
        fhir.created({"resourceType": "Patient", "active": True} | person)


def found(fhir: Fhir, query: str) -> list[str]:
    """Family names."""
    answer = fhir.get(f"Patient?{query}")
    assert answer.status_code == 200, answer.content
    return sorted(entry["resource"]["name"][0]["family"] for entry in answer.json().get("entry", []))


@pytest.mark.parametrize(
    ("query", "families"),
    [
        ("", ["King", "Müller", "Okafor"]),
        ("identifier=urn:x:nr|7", ["Müller"]),
        ("identifier=7", ["Müller"]),
        ("identifier=urn:patient-registry:external-id|E7", ["Müller"]),
        ("name=mull", ["King", "Müller"]),
        ("name=anna%20muller", ["Müller"]),
        ("family=mull", ["Müller"]),
        ("family=king", ["King", "Müller"]),
        ("given=mull", ["King"]),
        ("given=maria&family=king", ["Müller"]),
        ("birthdate=1980-02-29", ["Müller"]),
        ("birthdate=1980", ["King", "Müller"]),
        ("birthdate=ge1980-02-29&birthdate=lt1999-12-31", ["Müller"]),
        ("birthdate=gt1980", ["Okafor"]),
        ("birthdate=le1999-12", ["King", "Müller", "Okafor"]),
        ("gender=male", ["King"]),
        ("phone=%2B12015550123", ["Müller"]),
        ("telecom=anna@example.org", ["Müller"]),
        ("email=ANNA@example.org", ["Müller"]),
        ("active=true&_sort=birthdate", ["King", "Müller"]),
        ("_lastUpdated=gt2999-01-01", []),
        ("_lastUpdated=ge2020-01-01T00:00:00Z", ["King", "Müller", "Okafor"]),
        ("name=%2B12015550123", []),
    ],
)
@pytest.mark.usefixtures("people")
def test_parameters_find_patients(fhir: Fhir, query: str, families: list[str]) -> None:
    assert found(fhir, query) == families


@pytest.mark.usefixtures("people")
def test_next_pages_through_every_patient_in_order(fhir: Fhir) -> None:
    page = fhir.get("Patient?_sort=-birthdate&_count=2&_total=accurate").json()
    assert (page["type"], page["total"]) == ("searchset", 3)
    pages = [page]
    while links := [link["url"] for link in pages[-1]["link"] if link["relation"] == "next"]:
        assert links[0].startswith("http://testserver/fhir/R4/Patient?")
        pages.append(fhir.api.get(links[0]).json())
    births = [entry["resource"]["birthDate"] for page in pages for entry in page["entry"]]
    assert births == ["1999-12-31", "1980-02-29", "1980"]


@pytest.mark.usefixtures("people")
def test_a_count_has_no_entries(fhir: Fhir) -> None:
    for query in ("_summary=count", "_count=0"):
        bundle = fhir.get(f"Patient?gender=male&{query}").json()
        assert (bundle["total"], "entry" in bundle) == (1, False)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("shoe-size=7", "shoe-size: This search parameter is not supported."),
        ("family:exact=King", "family:exact: Modifiers are not supported"),
        ("birthdate=ne1980", "birthdate: Must begin with eq, gt"),
        ("birthdate=yesterday", "birthdate: Must be a date"),
        ("gender=F", "gender: Must be one of"),
        ("gender=male&gender=female", "gender: Must be sent only once."),
        ("phone=1", "phone: Must be a valid phone number"),
        ("_id=7", "_id: Must be ids"),
        ("_count=many", "_count: Must be a whole number."),
        ("_sort=shoe-size", "_sort: Must be one of"),
        ("_cursor=x", "_cursor: Must be"),
        ("active=false", "active: Must be true"),
        ("_lastUpdated=lt2020-01-01", "_lastUpdated: Must begin with gt"),
        ("family=King&_summary=count", "_summary: Patients found by name are not counted."),
        ("family=%00", "family: Must"),
    ],
)
def test_a_bad_parameter_is_named(fhir: Fhir, query: str, text: str) -> None:
    refused = fhir.get(f"Patient?{query}")
    assert (refused.status_code, codes(refused)) == (400, [("invalid", None)])
    assert refused.json()["issue"][0]["details"]["text"].startswith(text)


def test_unknown_parameters_are_ignored_on_request(fhir: Fhir) -> None:
    assert fhir.get("Patient?shoe-size=7", {"Prefer": "handling=lenient"}).status_code == 200
