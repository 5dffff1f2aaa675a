from tests.http_api.client import Answer


def kind(response: Answer) -> str:
    """The kind of problem, once the response is seen to be a whole problem document about itself."""
    assert response["Content-Type"] == "application/problem+json", response.content
    problem = response.json()
    assert problem["status"] == response.status_code
    assert problem["request_id"] == response["X-Request-ID"]
    assert problem["title"]
    assert problem["detail"]
    return problem["type"].removeprefix("urn:problem-type:patient-registry:")


def errors(response: Answer) -> set[tuple[str, str]]:
    """Field and code of every error named."""
    assert kind(response) == "invalid"
    assert response.status_code == 400
    return {(error["field"], error["code"]) for error in response.json()["errors"]}
