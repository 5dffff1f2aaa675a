"""A client that a generator makes from our schema alone."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

from attrs import evolve, frozen

from adapters.cli.demo_data import DEMO_PASSWORD

CONNECTION = {
    "raise_on_unexpected_status": True,
    "headers": {"Connection": "close"},
    "verify_ssl": False,
    "httpx_args": {"trust_env": False},
    "timeout": 60,
}


@frozen
class Caller:
    """Calls operations by their id, with the token of the client. A status that the schema does not name is an
    error of the client."""

    package: ModuleType
    home: str
    client: Any
    called: set[str]

    def __call__(self, operation: str, *path: object, expect: int = 200, **given: object) -> Any:
        self.called.add(operation)
        modules = walk_packages(self.package.api.__path__, f"{self.package.api.__name__}.")
        module = import_module(next(name for _, name, _ in modules if name.endswith(f".{operation}")))
        response = module.sync_detailed(*path, client=self.client, **given)
        assert response.status_code == expect, response.content
        return response

    def problem(self, status: int, operation: str, *path: object, **given: object) -> Any:
        problem = self(operation, *path, expect=status, **given).parsed
        assert isinstance(problem, self.package.models.Problem)
        return problem

    def sign_in(self, role: str) -> Any:
        body = self.package.models.CredentialsRequest(email=f"{role}@clinic.example", password=DEMO_PASSWORD)
        return self("sign_in", body=body).parsed

    def signed_in(self, role: str) -> "Caller":
        return self.bearing(self.sign_in(role).access)

    def bearing(self, token: str) -> "Caller":
        return evolve(self, client=self.package.AuthenticatedClient(self.home, token, **CONNECTION))

    @classmethod
    def of(cls, package: ModuleType, home: str) -> "Caller":
        """A caller who has not signed in."""
        return cls(package, home, package.Client(home, **CONNECTION), set())


def generate(schema: Path, directory: Path) -> ModuleType:
    """The package of the client, in `directory`, which must be on the path."""
    (directory / "generator.yml").write_text("post_hooks: []")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--meta", "none"]
    options = [
        "--path",
        schema,
        "--config",
        directory / "generator.yml",
        "--output-path",
        directory / "generated_client",
    ]
    subprocess.run([*command, *options], check=True, capture_output=True, timeout=60)
    package, *_ = (import_module(f"generated_client{part}") for part in ("", ".api", ".models"))
    return package
