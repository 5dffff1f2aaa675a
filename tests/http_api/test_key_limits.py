from collections.abc import Callable
from typing import Unpack
from uuid import UUID

import pytest

from bootstrap import Container
from core.accounts.service_keys import NewKey
from tests.fakes import details
from tests.http_api.client import Api
from tests.http_api.conftest import SETUP
from tests.http_api.problems import kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def machine(registry: Container, account_id: UUID) -> Callable[..., Api]:
    """A client with a new key of the account."""

    def machine(**key: Unpack[NewKey]) -> Api:
        return Api(registry.create_service_key()(actor=SETUP, account_id=account_id, **key)[1])

    return machine


def test_a_stored_answer_is_repeated_for_another_key_only_with_the_same_permissions(
    machine: Callable[..., Api], registry: Container, account_id: UUID
) -> None:
    request = ("POST", "patients/", details(), {"Idempotency-Key": "k1"})
    first = machine(name="old").call(*request)
    limited = machine(name="limited", permissions=["patients.register"]).call(*request)
    assert (first.status_code, limited.status_code, kind(limited)) == (201, 422, "idempotency-key-reused")
    for key in registry.view_service_account()(actor=SETUP, account_id=account_id).keys:
        registry.revoke_service_key()(actor=SETUP, account_id=account_id, key_id=key.id)
    assert machine(name="new").call(*request).content == first.content
