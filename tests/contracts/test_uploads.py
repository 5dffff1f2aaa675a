"""Files that wait to be imported: one for each sender, for two hours."""

from datetime import timedelta
from uuid import UUID

import pytest

from bootstrap import Container
from core.access import Actor
from core.errors import Forbidden, Unavailable
from core.files import Encoding, FileFormat
from core.imports.entities import Upload
from core.imports.errors import UploadNotFound
from core.ports import TransactionRequired
from tests.fakes import ADMIN, CLERK, READER, StillClock

BIG = b"first_name\n" + b"Ada\n" * 50_000  # several blocks
WORKER = Actor.system("worker")


def keep(registry: Container, content: bytes = BIG, actor: Actor = CLERK) -> Upload:
    return registry.keep_upload()(actor=actor, content=lambda: [content], format=FileFormat.CSV)


def content_of(registry: Container, actor: Actor = CLERK, upload_id: UUID | None = None) -> bytes:
    return b"".join(registry.read_upload()(actor=actor, upload_id=upload_id)[1]())


def test_a_file_is_read_as_it_was_sent(registry: Container) -> None:
    kept = keep(registry)
    read, content = registry.read_upload()(actor=CLERK, upload_id=kept.id)
    assert read == kept
    assert read.encoding is Encoding.UTF_8
    assert b"".join(content()) == b"".join(content()) == BIG
    assert keep(registry, b"first_name\nAd\xe4\n", ADMIN).encoding is None
    assert registry.read_upload()(actor=ADMIN)[0].encoding is None


def test_a_sender_has_one_file_and_sees_no_other(registry: Container) -> None:
    first, other = keep(registry), keep(registry, b"other", ADMIN)
    second = keep(registry, b"second")
    assert (content_of(registry), content_of(registry, ADMIN)) == (b"second", b"other")
    for hidden in (first.id, other.id):
        with pytest.raises(UploadNotFound):
            content_of(registry, upload_id=hidden)
    assert b"".join(registry.uploads().read(first.id)) == b""
    registry.remove_upload()(actor=CLERK)
    with pytest.raises(UploadNotFound):
        content_of(registry, upload_id=second.id)
    assert content_of(registry, ADMIN) == b"other"


def test_a_file_is_removed_after_two_hours(registry: Container, clock: StillClock) -> None:
    kept = keep(registry)
    clock.forward(timedelta(hours=1, minutes=59))
    keep(registry, b"other", ADMIN)
    assert registry.purge_uploads()(actor=WORKER) == 0
    assert content_of(registry) == BIG
    clock.forward(timedelta(minutes=1))
    with pytest.raises(UploadNotFound):
        content_of(registry)
    assert registry.purge_uploads()(actor=WORKER) == 1
    assert registry.uploads().of(CLERK.name) is None
    assert b"".join(registry.uploads().read(kept.id)) == b""
    assert content_of(registry, ADMIN) == b"other"


def test_a_file_that_cannot_be_read_to_its_end_leaves_the_former_one(registry: Container) -> None:
    keep(registry)
    calls = iter([[b"first_name\n"]])

    def content() -> list[bytes]:
        try:
            return next(calls)
        except StopIteration:
            raise Unavailable from None

    with pytest.raises(Unavailable):
        registry.keep_upload()(actor=CLERK, content=content, format=FileFormat.CSV)
    assert content_of(registry) == BIG
    with pytest.raises(TransactionRequired):
        registry.uploads().save(registry.read_upload()(actor=CLERK)[0], [])


def test_readers_keep_no_files(registry: Container) -> None:
    with pytest.raises(Forbidden):
        keep(registry, actor=READER)
