from bootstrap import Container
from tests.http_api.client import Api


def test_an_upstream_is_shown_isolated_and_closed(admin: Api, name: str) -> None:
    (shown,) = admin.call("GET", "/api/v1/upstreams/").json()["results"]
    assert (shown["name"], shown["isolated"], shown["ordered_by"], shown["ordered_by_name"]) == (
        name,
        False,
        None,
        None,
    )
    (process,) = shown["processes"]
    assert (process["state"], process["calls"], process["failure_rate"]) == ("closed", 0, None)

    isolated = admin.call("POST", f"/api/v1/upstreams/{name}/isolate/").json()
    assert (isolated["isolated"], isolated["processes"][0]["state"]) == (True, "isolated")
    assert isolated["ordered_by"].startswith("user:")

    assert isolated["ordered_by_name"] == admin.get("users/me/").json()["email"]

    closed = admin.call("POST", f"/api/v1/upstreams/{name}/close/").json()
    assert (closed["isolated"], closed["processes"][0]["state"]) == (False, "closed")


def test_an_unknown_upstream_is_not_found(admin: Api, name: str) -> None:
    response = admin.call("POST", "/api/v1/upstreams/nobody/isolate/")
    assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (404, "upstream-not-found")


def test_an_unknown_parameter_is_refused(admin: Api, name: str) -> None:
    assert admin.call("GET", "/api/v1/upstreams/?state=open").status_code == 400


def test_without_a_configured_upstream_the_list_is_empty(admin: Api, registry: Container) -> None:
    assert admin.call("GET", "/api/v1/upstreams/").json() == {"next": None, "next_cursor": None, "results": []}
