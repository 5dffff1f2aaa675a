import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

from adapters.buffered.buffer import MAX_UNSAVED
from adapters.buffered.view_counter import BufferedViewCounter
from core.errors import Unavailable

SRC = Path(__file__).parents[3] / "src"
ONE, OTHER = UUID(int=1), UUID(int=2)
NEVER = 3600.0


class Store:
    """Counts what it is handed, and may be down."""

    def __init__(self) -> None:
        self.views: Counter[UUID] = Counter()
        self.handed = Event()
        self.down = False

    def add_views(self, views: Mapping[UUID, int]) -> None:
        if self.down:
            raise Unavailable
        self.views.update(views)
        self.handed.set()


def test_views_are_buffered_and_flushed_together() -> None:
    store = Store()
    views = BufferedViewCounter(store.add_views, NEVER)
    for post in (ONE, OTHER, ONE):
        views.record_view(post)
    assert not store.handed.is_set()
    views.flush()
    views.flush()
    assert store.views == {ONE: 2, OTHER: 1}


def test_views_are_flushed_after_an_interval() -> None:
    store = Store()
    BufferedViewCounter(store.add_views, 0.01).record_view(ONE)
    assert store.handed.wait(timeout=30)
    assert store.views == {ONE: 1}


def test_a_full_buffer_is_flushed_immediately() -> None:
    store = Store()
    views = BufferedViewCounter(store.add_views, NEVER)
    for _ in range(MAX_UNSAVED):
        views.record_view(ONE)
    assert store.handed.wait(timeout=30)
    assert store.views == {ONE: MAX_UNSAVED}


def test_views_of_a_failed_flush_are_kept() -> None:
    store = Store()
    views = BufferedViewCounter(store.add_views, NEVER)
    store.down = True
    views.record_view(ONE)
    views.flush()
    views.record_view(ONE)
    store.down = False
    views.flush()
    assert store.views == {ONE: 2}


def test_simultaneous_views_are_each_counted_once() -> None:
    store = Store()
    views = BufferedViewCounter(store.add_views, 0.001)
    readers = [Thread(target=lambda: [views.record_view(ONE) for _ in range(500)]) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    views.flush()
    while store.views.total() < 4000:  # what the other thread had taken
        assert store.handed.wait(timeout=30)
    assert store.views == {ONE: 4000}


def test_the_last_flush_waits_for_a_flush_of_another_thread() -> None:
    started, go_on = Event(), Event()
    handed: list[Mapping[UUID, int]] = []

    def slowly(views: Mapping[UUID, int]) -> None:
        started.set()
        assert go_on.wait(timeout=30)
        handed.append(views)

    views = BufferedViewCounter(slowly, 0.01)
    views.record_view(ONE)
    assert started.wait(timeout=30)
    last = Thread(target=views.flush)
    last.start()
    last.join(timeout=0.05)
    assert last.is_alive()
    go_on.set()
    last.join(timeout=30)
    assert handed == [{ONE: 1}]


PROGRAM = """
import multiprocessing, os, sys
from uuid import UUID
from adapters.buffered.view_counter import BufferedViewCounter

def tell(views):
    print(*(f"{post.int}:{count}" for post, count in views.items()), flush=True)

views = BufferedViewCounter(tell, 3600)
views.record_view(UUID(int=1))
if "fork" in sys.argv and os.fork() == 0:
    views.record_view(UUID(int=2))
    sys.exit()
if "fork" in sys.argv:
    os.wait()
if "worker" in sys.argv:
    worker = multiprocessing.get_context("fork").Process(target=views.record_view, args=[UUID(int=2)])
    worker.start()
    worker.join()
"""


def told_by(*arguments: str) -> list[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    environment = os.environ | {"PYTHONPATH": str(SRC)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def test_a_process_flushes_its_buffer_when_it_ends() -> None:
    assert told_by() == ["1:1"]


def test_a_forked_child_starts_with_an_empty_buffer() -> None:
    assert sorted(told_by("fork")) == ["1:1", "2:1"]


def test_a_server_worker_flushes_its_buffer_when_it_ends() -> None:
    assert sorted(told_by("worker")) == ["1:1", "2:1"]
