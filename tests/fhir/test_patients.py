"""Patients over FHIR: read, create, update, delete, and their versions."""

import pytest

from core.patients.entities import Patient
from tests.fhir.conftest import FHIR_JSON, Fhir, codes
from tests.http_api.client import Api

FULL = {
    "resourceType": "Patient",
    "identifier": [
        {"system": "mrn", "value": "0001234"},
        {"system": "urn:patient-registry:external-id", "value": "EHR-7"},
    ],
    "active": True,
    "name": [
        {"use": "official", "family": "Lovelace", "given": ["Ada", "King"], "prefix": ["Countess"], "suffix": ["Jr."]},
        {"use": "maiden", "family": "Byron", "given": ["Ada"]},
    ],
    "telecom": [
        {"system": "phone", "value": "+12015550123"},
        {"system": "phone", "value": "+12015550124", "use": "work"},
        {"system": "email", "value": "ada@example.org"},
    ],
    "gender": "female",
    "birthDate": "1815-12",
    "deceasedDateTime": "1852-11-27",
    "address": [
        {
            "use": "temp",
            "line": ["12 St James's Square"],
            "city": "London",
            "district": "Westminster",
            "state": "England",
            "postalCode": "SW1Y 4JH",
            "country": "GB",
        }
    ],
    "contact": [
        {
            "relationship": [{"text": "mother"}],
            "name": {"text": "Anne Byron"},
            "telecom": [{"system": "phone", "value": "+12015550125"}, {"system": "email", "value": "anne@example.org"}],
        }
    ],
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en-GB"}]}, "preferred": True}],
}
FULL["birthDate"], FULL["deceasedDateTime"] = "1935-12", "2002-11-27"
ADA = {
    "resourceType": "Patient",
    "name": [{"use": "official", "family": "Lovelace", "given": ["Ada"]}],
    "gender": "female",
}


def test_every_supported_element_round_trips(fhir: Fhir) -> None:
    created = fhir.create(FULL)
    assert created.status_code == 201
    assert created["Content-Type"] == FHIR_JSON
    patient = created.json()
    assert {name: value for name, value in patient.items() if name not in {"id", "meta"}} == FULL
    assert created["Location"].endswith(f"/fhir/R4/Patient/{patient['id']}/_history/1")
    read = fhir.get(f"Patient/{patient['id']}")
    assert (read.status_code, read.json(), read["ETag"]) == (200, patient, 'W/"1"')
    assert fhir.call("PUT", f"Patient/{patient['id']}", patient).json() == patient


def test_an_update_empties_missing_elements_and_makes_a_version(fhir: Fhir) -> None:
    patient = fhir.created(FULL)
    changed = ADA | {"id": patient["id"], "active": False}
    updated = fhir.call("PUT", f"Patient/{patient['id']}", changed, {"If-Match": 'W/"1"'})
    assert updated.json() == changed | {"meta": updated.json()["meta"]}
    assert updated.json()["meta"]["versionId"] == "2"
    assert fhir.get(f"Patient/{patient['id']}/_history/1").json() == patient
    assert fhir.get(f"Patient/{patient['id']}/_history/2").json() == updated.json()
    assert fhir.get(f"Patient/{patient['id']}/_history/3").status_code == 404
    history = fhir.get(f"Patient/{patient['id']}/_history?_count=1").json()
    assert [entry["resource"] for entry in history["entry"]] == [updated.json()]
    [following] = [link["url"] for link in history["link"] if link["relation"] == "next"]
    [entry] = fhir.api.get(following).json()["entry"]
    assert (entry["resource"], entry["request"]) == (patient, {"method": "POST", "url": "Patient"})


def test_an_outdated_version_is_refused(fhir: Fhir) -> None:
    patient = fhir.created(ADA)
    for method, body in (("PUT", ADA | {"id": patient["id"]}), ("DELETE", None)):
        refused = fhir.call(method, f"Patient/{patient['id']}", body, {"If-Match": 'W/"2"'})
        assert (refused.status_code, codes(refused)) == (412, [("conflict", None)])
    for tag, status in (("one", 400), ("*", 200)):
        answer = fhir.call("PUT", f"Patient/{patient['id']}", ADA | {"id": patient["id"]}, {"If-Match": tag})
        assert answer.status_code == status


def test_a_current_version_is_not_sent_again(fhir: Fhir) -> None:
    patient = fhir.created(ADA)
    assert fhir.get(f"Patient/{patient['id']}", {"If-None-Match": 'W/"1"'}).status_code == 304
    assert fhir.get(f"Patient/{patient['id']}", {"If-None-Match": 'W/"2"'}).status_code == 200


def test_an_erased_patient_is_gone(fhir: Fhir) -> None:
    patient = fhir.created(ADA)
    assert fhir.call("DELETE", f"Patient/{patient['id']}").status_code == 204
    for path in ("", "/_history/1"):
        gone = fhir.get(f"Patient/{patient['id']}{path}")
        assert (gone.status_code, codes(gone)) == (410, [("deleted", None)])
    [entry] = fhir.get(f"Patient/{patient['id']}/_history").json()["entry"]
    assert entry["request"]["method"] == "DELETE"


def test_a_merged_record_names_its_survivor(fhir: Fhir) -> None:
    survivor, other = fhir.created(ADA), fhir.created(ADA | {"birthDate": "1935-12-10"})
    fhir.api.post(f"patients/{survivor['id']}/merge/", {"other": other["id"]})
    merged = fhir.get(f"Patient/{other['id']}").json()
    assert merged["active"] is False
    assert merged["link"] == [{"other": {"reference": f"Patient/{survivor['id']}"}, "type": "replaced-by"}]
    assert fhir.get(f"Patient/{other['id']}/_history/1").json() == other


def test_an_archived_record_stays_archived(fhir: Fhir, ada: Patient) -> None:
    for status in ("inactive", "archived"):
        fhir.api.patch(f"patients/{ada.id}/", {"status": status})
    read = fhir.get(f"Patient/{ada.id}").json()
    assert read["active"] is False
    assert fhir.call("PUT", f"Patient/{ada.id}", read).status_code == 200
    refused = fhir.call("PUT", f"Patient/{ada.id}", read | {"active": True})
    assert (refused.status_code, codes(refused)) == (409, [("conflict", None)])


def test_a_conditional_create_returns_the_existing_patient(fhir: Fhir) -> None:
    condition = "identifier=mrn|0001234"
    first, again = fhir.create(FULL, If_None_Exist=condition), fhir.create(FULL, If_None_Exist=condition)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    for name in ("Ann", "Bea"):
        fhir.created(ADA | {"name": [{"given": [name], "family": "King"}]})
    assert fhir.create(ADA, If_None_Exist="family=King").status_code == 412
    for invalid in ("shoe-size=7", "", "_count=1"):
        assert fhir.create(ADA, If_None_Exist=invalid).status_code == 400


def test_a_certain_duplicate_is_named(fhir: Fhir) -> None:
    person = {key: value for key, value in FULL.items() if key not in {"identifier", "telecom"}}
    patient = fhir.created(person)
    refused = fhir.create(person)
    assert (refused.status_code, codes(refused)) == (409, [("duplicate", None)])
    assert refused.json()["issue"][0]["diagnostics"] == f"Patient/{patient['id']}"


@pytest.mark.parametrize(
    ("given", "status", "found"),
    [
        ({"photo": [{}]}, 422, ("not-supported", "Patient.photo")),
        ({"extension": [{"url": "x"}]}, 422, ("not-supported", "Patient.extension")),
        ({"modifierExtension": []}, 422, ("not-supported", "Patient.modifierExtension")),
        ({"shoeSize": 7}, 422, ("not-supported", "Patient.shoeSize")),
        ({"_birthDate": {}}, 422, ("not-supported", "Patient._birthDate")),
        ({"meta": {"tag": []}}, 422, ("not-supported", "Patient.meta.tag")),
        ({"name": [{"family": "King", "text": "King"}]}, 422, ("not-supported", "Patient.name[0].text")),
        ({"name": [{"family": "King"}, {"use": "temp"}]}, 422, ("not-supported", "Patient.name[1].use")),
        ({"telecom": [{"system": "fax", "value": "1"}]}, 422, ("not-supported", "Patient.telecom[0].system")),
        ({"birthDate": "1935-13"}, 400, ("invalid", "Patient.birthDate")),
        ({"birthDate": 1935}, 400, ("invalid", "Patient.birthDate")),
        ({"gender": "F"}, 400, ("invalid", "Patient.gender")),
        ({"active": "yes"}, 400, ("invalid", "Patient.active")),
        ({"name": "Ada"}, 400, ("invalid", "Patient.name")),
        ({"name": [7]}, 400, ("invalid", "Patient.name[0]")),
        ({"name": [{"given": [7]}]}, 400, ("invalid", "Patient.name[0].given")),
        ({"address": [{"city": "Rome"}, {"country": "Italy"}]}, 400, ("invalid", "Patient.address[1]")),
        ({"identifier": [{"value": "7"}]}, 400, ("invalid", "Patient.identifier")),
        ({"communication": None}, 400, ("invalid", "Patient.communication")),
        ({"resourceType": "Practitioner"}, 400, ("invalid", "Patient.resourceType")),
    ],
    ids=str,
)
def test_a_bad_element_is_named(fhir: Fhir, given: dict[str, object], status: int, found: tuple[str, str]) -> None:
    refused = fhir.create(ADA | given)
    assert (refused.status_code, codes(refused)) == (status, [found])


def test_malformed_bodies_and_unknown_paths_get_outcomes(fhir: Fhir) -> None:
    assert codes(fhir.call("POST", "Patient", b"{")) == [("invalid", None)]
    assert codes(fhir.call("POST", "Patient", b"[]")) == [("invalid", "Patient")]
    assert codes(fhir.call("POST", "Patient", b"[" * 30_000)) == [("invalid", None)]
    assert codes(fhir.call("POST", "Patient", b" " * 600_000)) == [("too-long", None)]
    assert codes(fhir.get("Observation")) == [("not-found", None)]
    assert codes(fhir.get("Patient/7")) == [("not-found", None)]
    assert codes(fhir.get("Patient?_format=xml")) == [("processing", None)]
    assert codes(fhir.call("PUT", f"Patient/{'0' * 8}-0000-4000-8000-{'0' * 12}", ADA)) == [("invalid", "Patient.id")]


def test_reads_need_a_token_and_its_permission(fhir: Fhir, ada: Patient) -> None:
    anonymous = Fhir(Api())
    refused = anonymous.get(f"Patient/{ada.id}")
    assert (refused.status_code, codes(refused)) == (401, [("login", None)])
    assert refused["WWW-Authenticate"]
    assert anonymous.get("metadata").status_code == 200
