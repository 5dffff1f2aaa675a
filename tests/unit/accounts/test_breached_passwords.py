import io
from collections.abc import Callable
from hashlib import sha1
from pathlib import Path
from typing import cast

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from adapters.breached_passwords import BreachedPasswordsFile
from bootstrap import Configuration, Container, in_memory_registry
from core.accounts.sessions import Principal
from core.errors import Unavailable, ValidationError
from tests.fakes import ADMIN
from tests.unit.accounts.conftest import PASSWORD

KNOWN = "battery staple"
NEW = "horse battery correct"


def lines(passwords: list[str], ending: str = "\n") -> bytes:
    hashes = sorted(sha1(password.encode()).hexdigest().upper() for password in passwords)
    return "".join(f"{one}:{number * 7919}{ending}" for number, one in enumerate(hashes, 1)).encode()


@frozen
class File:
    """Stands for a path, and counts what is read."""

    content: bytes
    reads: list[int] = field(factory=list[int])

    def open(self, _mode: str) -> io.BytesIO:
        reads = self.reads

        class Counting(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                found = super().read(size)
                reads.append(len(found))
                return found

        return Counting(self.content)

    @property
    def listed(self) -> BreachedPasswordsFile:
        return BreachedPasswordsFile(cast("Path", self))


@given(
    listed=st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=60, unique=True),
    others=st.lists(st.text(st.characters(codec="utf-8"))),
    ending=st.sampled_from(["\n", "\r\n"]),
    cut=st.booleans(),
)
def test_exactly_the_listed_passwords_are_found(listed: list[str], others: list[str], ending: str, cut: bool) -> None:
    content = lines(listed, ending)
    breached = File(content.rstrip() if cut else content).listed
    breached.check()
    for password in (*listed, *others):
        assert breached.contains(password) == (password in listed)


def test_a_look_up_reads_a_few_lines_of_a_large_file() -> None:
    file = File(lines([str(number) for number in range(50_000)]))
    for password in ("0", "49999", "50000"):
        file.reads.clear()
        assert file.listed.contains(password) == (password != "50000")
        assert len(file.reads) <= 20
        assert sum(file.reads) <= 20 * 128
    file.reads.clear()
    file.listed.check()
    assert len(file.reads) <= 100


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (lines(["a", "b"]).lower(), "must have lines of 40 hexadecimal digits in upper case"),
        (lines(["a", "b"]).replace(b":", b";"), "must have lines"),
        (lines(["a", "b"]) + b"\n", "must have lines"),
        (b"password\n123456\n", "must have lines"),
        (b"A" * 100_000, "must have lines"),
        (b"\n".join(reversed(lines(["a", "b"]).split())), "is not sorted by hash"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_at_the_start(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(ValueError, match=f"BREACHED_PASSWORDS names a file that {reason}"):
        Configuration(secret_keys=("k" * 50,), breached_passwords=tmp_path / "list")


def test_a_missing_file_and_a_directory_are_refused_at_the_start(tmp_path: Path) -> None:
    for path in (tmp_path / "list", tmp_path):
        with pytest.raises(ValueError, match="BREACHED_PASSWORDS names a file that cannot be read"):
            Configuration(secret_keys=("k" * 50,), breached_passwords=path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "list"
    path.write_bytes(lines([KNOWN, "another one"]))
    return path


@pytest.fixture
def registry(file: Path) -> Container:
    return in_memory_registry(Configuration(secret_keys=("k" * 50,), breached_passwords=file))


def set_anywhere(registry: Container) -> list[Callable[[str], object]]:
    """Each use case that sets a password."""
    ada = registry.create_user()(actor=ADMIN, email="ada@example.org", password=PASSWORD, role="reader")
    _, code = registry.issue_password_reset()(actor=ADMIN, user_id=ada.id)
    pair = registry.sign_in()(email=ada.email, password=PASSWORD)
    me: Principal = registry.authenticate()(access=pair.access, request_id="", before_password_change=True)
    return [
        lambda password: registry.create_user()(actor=ADMIN, email="e@example.org", password=password, role="reader"),
        lambda password: registry.change_own_password()(principal=me, current=PASSWORD, password=password),
        lambda password: registry.reset_password()(code=code, password=password),
        lambda password: registry.set_password()(actor=ADMIN, user_id=ada.id, password=password),
    ]


@pytest.mark.parametrize("number", range(4))
def test_a_breached_password_cannot_be_set_anywhere(registry: Container, number: int) -> None:
    set_password = set_anywhere(registry)[number]
    with pytest.raises(ValidationError) as refused:
        set_password(KNOWN)
    assert [(error.field, error.code) for error in refused.value.errors] == [("password", "breached")]
    set_password(NEW)


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("later", [None, b"broken"])
def test_no_password_is_set_while_the_list_cannot_be_read(
    registry: Container, file: Path, number: int, later: bytes | None
) -> None:
    set_password = set_anywhere(registry)[number]
    file.unlink()
    if later is not None:
        file.write_bytes(later)
    with pytest.raises(Unavailable):
        set_password(NEW)


def test_a_newer_list_is_used_without_a_restart(registry: Container, file: Path) -> None:
    set_password = set_anywhere(registry)[3]
    set_password(NEW)
    file.write_bytes(lines([NEW]))
    with pytest.raises(ValidationError):
        set_password(NEW)
