"""What docs/architecture.md says of the code is what the code does."""

import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from time import time
from types import FrameType

from time_machine import travel

from bootstrap import Configuration, Container, in_memory_registry, registry_on_django
from core.patients.entities import Patient
from tests.documents import ROOT
from tests.http_api.conftest import Api
from tests.ports import annotated_ports

DOCUMENT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
WALK = DOCUMENT.partition("\n## One request")[2].partition("\n\n`core")[0]
SRC = f"{ROOT / 'src'}/"


@contextmanager
def calls() -> Generator[list[tuple[str, str]]]:
    """Each function of ours that was called, as its file and its name. What is defined in a function counts as that."""
    seen: list[tuple[str, str]] = []

    def see(frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(SRC):
            seen.append((code.co_filename.removeprefix(SRC), code.co_qualname.partition(".<locals>")[0]))

    sys.setprofile(see)
    try:
        yield seen
    finally:
        sys.setprofile(None)


def test_a_request_passes_the_documented_files_and_functions(clerk: Api, ada: Patient) -> None:
    documented = re.findall(r"`([\w/]+\.py)::([\w.]+)`", WALK)
    path = f"patients/{ada.id}/"
    with travel((time() // 60 + 1) * 60):  # a minute that ends meanwhile would end the share of the rate limit
        clerk.patch(path, {"last_name": "Lovelace"})  # what is made once is made
        tag = clerk.get(path)["ETag"]
        with calls() as seen:
            assert clerk.patch(path, {"last_name": "Okoye"}, If_Match=tag).status_code == 200
    assert {file for file, _ in seen} == {file for file, _ in documented}
    rest = iter(seen)
    assert [call for call in documented if call not in rest] == []


def test_the_picture_shows_every_adapter() -> None:
    picture = DOCUMENT.partition("\n## The structure")[2].partition("\n## ")[0]
    adapters = {
        path.stem for path in (ROOT / "src" / "adapters").glob("[a-z]*") if path.is_dir() or path.suffix == ".py"
    }
    assert {name for name in adapters if not re.search(rf"\b{name}\b", picture)} == set()


def behind(registry: Container, name: str) -> str:
    return type(getattr(registry, name)()).__name__


def test_the_table_of_ports_lists_every_port_and_its_adapters() -> None:
    documented = re.findall(r"^\| `(\w+)` \| .* \| `(\w+)` \| `(\w+)` \|$", DOCUMENT, re.MULTILINE)
    in_memory = in_memory_registry()
    on_django = registry_on_django(Configuration(secret_keys=("k" * 50,), upstream_url="http://127.0.0.1:1"))
    found = {(port.__name__, behind(in_memory, name), behind(on_django, name)) for name, port in annotated_ports()}
    assert sorted(documented) == sorted(found)  # a port may have more than one provider
