"""The wheel, installed into an empty environment from the package index that pip uses."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import core
from tests.e2e.conftest import ROOT, environment_in
from tests.programs import free_port, wait_for_port

Install = Callable[[str], Path]

IN_MEMORY = """
from importlib.util import find_spec
from bootstrap import in_memory_registry
from core.access import Actor

registry, actor = in_memory_registry(), Actor.system("script")
for provider in registry.providers.values():
    provider()
registry.register_patient()(
    actor=actor, first_name="Ada", last_name="Byron", email="ada@mail.example", date_of_birth="1985-12-10"
)
registry.create_user()(actor=actor, email="clerk@clinic.example", password="correct horse battery", role="clerk")
[found] = registry.search_patients()(actor=actor, q="byr").patients
print(found.full_name, find_spec("django"), find_spec("celery"))
"""


def uv(*arguments: str) -> None:
    index = {"UV_DEFAULT_INDEX": os.environ["PIP_INDEX_URL"]} if "PIP_INDEX_URL" in os.environ else {}
    command = [sys.executable, "-m", "uv", "--quiet", *arguments]
    subprocess.run(command, cwd=ROOT, env=index | os.environ, check=True, timeout=300)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    uv("build", "--wheel", "--out-dir", str(directory))
    [wheel] = directory.glob("*.whl")
    return wheel


@pytest.fixture
def install(wheel: Path, tmp_path: Path) -> Install:
    """Installs the wheel, with or without an extra, into a new environment. Returns its directory of programs."""

    def install(extra: str) -> Path:
        environment = tmp_path / "environment"
        uv("venv", "--python", sys.executable, str(environment))
        package = f"patient-registry{extra} @ {wheel.as_uri()}"
        uv("pip", "install", "--python", str(environment), "--constraint", "requirements.txt", package)
        return environment / "bin"

    return install


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in environment_in(tmp_path).items() if not re.match("PYTHON|GRANIAN_", name)}
    return kept | {
        "DJANGO_ENV": "production",
        "SECRET_KEY": "a secret of sixty characters, which is long enough for this one",
        "ALLOWED_HOSTS": "127.0.0.1",
        "TRUSTED_PROXIES": "127.0.0.1",
        "GRANIAN_WORKERS": "1",
        "GRANIAN_PORT": str(free_port()),
    }


def test_core_installs_and_works_without_django(install: Install, tmp_path: Path) -> None:
    programs = install("")
    script = [str(programs / "python"), "-I", "-c", IN_MEMORY]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "Ada Byron None None\n"), done.stderr

    command = [str(programs / "patient-registry")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, "extra: [server]" in done.stderr, done.stderr.count("\n")) == (1, True, 1)


def test_server_installs_and_serves_from_any_directory(
    install: Install, production: dict[str, str], tmp_path: Path
) -> None:
    command, directory = str(install("[server]") / "patient-registry"), tmp_path / "elsewhere"
    directory.mkdir()
    (directory / "config.py").write_text("raise ImportError('This is not the registry.')")
    for arguments in (["migrate", "--verbosity", "0"], ["collectstatic", "--no-input", "--verbosity", "0"]):
        subprocess.run([command, *arguments], env=production, cwd=directory, check=True, timeout=120)

    with subprocess.Popen([command, "serve"], env=production, cwd=directory) as server:
        try:
            port = int(production["GRANIAN_PORT"])
            wait_for_port(server, port)
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers={"X-Forwarded-Proto": "https"}, trust_env=False, timeout=30
            ) as client:
                assert client.get("/health/ready").status_code == 200
                page = client.get("/admin/login/").raise_for_status().text
                for stylesheet in re.findall(r'href="(/static/[^"]+\.css)"', page):
                    assert client.get(stylesheet).raise_for_status().headers["Content-Type"].startswith("text/css")
                for address in ("/", "/notices/", "/api/docs/"):
                    assert client.get(address).status_code == 200, address
                schema = client.get("/api/v1/schema/").raise_for_status()
        finally:
            server.terminate()
    assert server.returncode == 0
    assert schema.json() == json.loads((ROOT / "docs" / "openapi.json").read_bytes())
    assert schema.json()["info"]["version"] == core.__version__


def test_wheel_has_the_version_of_the_code_type_markers_and_translations(wheel: Path) -> None:
    assert wheel.name.split("-")[1] == core.__version__
    translations = {f"adapters/web/locale/{language}/LC_MESSAGES/django.mo" for language in ("ar", "de")}
    assert {"core/py.typed", "adapters/py.typed"} | translations <= set(zipfile.ZipFile(wheel).namelist())
