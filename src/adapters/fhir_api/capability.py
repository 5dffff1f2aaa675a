"""What the server says that it can do."""

from adapters.fhir_api.outcomes import FHIR_JSON
from core import __version__

INTERACTIONS = ("read", "vread", "update", "delete", "history-instance", "create", "search-type")
SEARCH_PARAMETERS = {
    "_id": "token",
    "_lastUpdated": "date",
    "active": "token",
    "birthdate": "date",
    "email": "token",
    "family": "string",
    "gender": "token",
    "given": "string",
    "identifier": "token",
    "name": "string",
    "phone": "token",
    "telecom": "token",
}


def capability_statement(url: str) -> dict[str, object]:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-28",
        "kind": "instance",
        "software": {"name": "patient-registry", "version": __version__},
        "implementation": {"description": "A patient registry", "url": url},
        "fhirVersion": "4.0.1",
        "format": [FHIR_JSON, "json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "Authorization: Bearer, with an access token or a service key."},
                "resource": [
                    {
                        "type": "Patient",
                        "interaction": [{"code": code} for code in INTERACTIONS],
                        "versioning": "versioned",
                        "readHistory": True,
                        "updateCreate": False,
                        "conditionalCreate": True,
                        "conditionalRead": "not-match",
                        "conditionalUpdate": False,
                        "conditionalDelete": "not-supported",
                        "searchParam": [{"name": name, "type": kind} for name, kind in SEARCH_PARAMETERS.items()],
                    }
                ],
            }
        ],
    }
