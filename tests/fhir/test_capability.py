from django.urls import URLPattern

from adapters.fhir_api.capability import INTERACTIONS, SEARCH_PARAMETERS
from adapters.fhir_api.parameters import READERS
from adapters.fhir_api.urls import urlpatterns
from tests.http_api.client import Api

OPERATIONS = {
    "fhir_search": "search-type",
    "fhir_create": "create",
    "fhir_read": "read",
    "fhir_update": "update",
    "fhir_delete": "delete",
    "fhir_history": "history-instance",
    "fhir_vread": "vread",
}


def operations(pattern: URLPattern) -> set[str]:
    view = vars(pattern.callback)["view_class"]
    methods = [getattr(view, name) for name in view.http_method_names if hasattr(view, name)]
    return {method.operation for method in methods if hasattr(method, "operation")}


def test_the_capability_statement_lists_what_the_server_does() -> None:
    statement = Api().call("GET", "/fhir/R4/metadata").json()
    [patient] = statement["rest"][0]["resource"]
    offered = set[str]().union(*map(operations, urlpatterns))
    assert {OPERATIONS[name] for name in offered} == {one["code"] for one in patient["interaction"]} == {*INTERACTIONS}
    results = {"_count", "_sort", "_total", "_summary", "_cursor"}
    assert {one["name"] for one in patient["searchParam"]} == {*SEARCH_PARAMETERS} == READERS.keys() - results
    assert statement["implementation"]["url"] == "http://testserver/fhir/R4"
