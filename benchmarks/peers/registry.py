"""The registry itself. Run as a program with a number of patients, it fills the database with them, and prints a
`Prepared` as JSON."""

import json
import sys
from contextlib import suppress
from typing import TypedDict

from config.wsgi import application

app = application

from benchmarks.filling import cursor_at, fill
from config.apps import RegistryConfig
from core.access import Actor, Role
from core.accounts.errors import UserEmailTaken

EMAIL, PASSWORD = "peers@clinic.example", "correct horse battery"


class Prepared(TypedDict):
    """A clerk and a token for the registry, and where the page in the middle of the table begins."""

    account: str
    token: str
    last: str
    cursor: str


def prepare(patients: int) -> Prepared:
    fill(patients)
    registry = RegistryConfig.current().container
    with suppress(UserEmailTaken):
        registry.create_user()(actor=Actor.system("bench"), email=EMAIL, password=PASSWORD, role=Role.CLERK)
    tokens = registry.sign_in()(email=EMAIL, password=PASSWORD)
    principal = registry.authenticate()(access=tokens.access, request_id="")
    last, cursor = cursor_at(patients // 2)
    return {"account": str(principal.account.id), "token": tokens.access, "last": str(last), "cursor": cursor}


if __name__ == "__main__":
    print(json.dumps(prepare(int(sys.argv[1]))))
