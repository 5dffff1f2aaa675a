from collections.abc import Callable
from datetime import datetime
from threading import RLock
from typing import TypeVar, cast
from uuid import UUID

from core.access_log.entities import AccessEntry
from core.accounts.audit import AccountEvent
from core.accounts.entities import User
from core.accounts.password_resets import PasswordReset
from core.accounts.service_accounts import ServiceAccount
from core.accounts.sessions import RefreshFamily
from core.files import Layout, Reject
from core.idempotency.entities import StoredAnswer
from core.imports.entities import FilePosition, Upload
from core.jobs.entities import Chunk, Job
from core.matching.entities import DuplicatePair, Merge
from core.patients.audit import AuditEvent
from core.patients.entities import Patient
from core.ports import Atomic, TransactionAborted, TransactionRequired
from core.posts.entities import Comment, Post
from core.sync.change_limits import HeldChange
from core.sync.entities import SyncJobResult
from core.sync.merge import UpstreamSnapshot
from core.undo.entities import UndoResult
from core.upstreams.entities import UpstreamOverride, UpstreamReport

T = TypeVar("T")


class Store:
    """The tables of all in-memory repositories. Rows are immutable, so shallow copies of tables are enough.

    One lock protects all tables. `Atomic` holds it for the whole transaction, other calls for their own duration.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.depth = 0
        self.deferred: list[Callable[[], None]] = []
        self.aborted = False
        self.patients: dict[UUID, Patient] = {}
        self.audit_events: dict[tuple[UUID, int], AuditEvent] = {}
        self.access_entries: dict[int, AccessEntry] = {}
        self.answers: dict[tuple[str, str], StoredAnswer] = {}
        self.epochs: dict[str, UUID] = {}
        self.snapshots: dict[UUID, UpstreamSnapshot] = {}
        self.pairs: dict[tuple[UUID, UUID], DuplicatePair] = {}
        self.merges: dict[UUID, Merge] = {}
        self.posts: dict[UUID, Post] = {}
        self.comments: dict[UUID, Comment] = {}
        self.users: dict[UUID, User] = {}
        self.passwords: dict[UUID, str] = {}
        self.password_resets: dict[UUID, PasswordReset] = {}
        self.service_accounts: dict[UUID, ServiceAccount] = {}
        self.account_events: dict[UUID, AccountEvent] = {}
        self.upstream_overrides: dict[tuple[str, int], UpstreamOverride] = {}
        self.upstream_reports: dict[tuple[str, str], UpstreamReport] = {}
        self.jobs: dict[UUID, Job] = {}
        self.chunks: dict[UUID, Chunk] = {}
        self.sync_results: dict[tuple[UUID, UUID], SyncJobResult] = {}
        self.undo_results: dict[tuple[UUID, UUID], UndoResult] = {}
        self.held_changes: dict[tuple[UUID, UUID], HeldChange] = {}
        self.import_layouts: dict[UUID, Layout] = {}
        self.import_positions: dict[UUID, FilePosition] = {}
        self.import_contents: dict[UUID, bytes] = {}
        self.uploads: dict[str, Upload] = {}
        self.upload_contents: dict[UUID, bytes] = {}
        self.import_keys: dict[tuple[UUID, bytes], bool] = {}
        self.schedule: dict[str, datetime] = {}
        self.import_rejects: dict[tuple[UUID, int], Reject] = {}
        self.refresh_families: dict[UUID, RefreshFamily] = {}

    def after_commit(self, work: Callable[[], None]) -> None:
        """Once the transaction of this thread is committed, or now without one."""
        with self.lock:
            if self.depth:
                self.deferred.append(work)
                return
        work()

    def require_atomic(self) -> None:
        with self.lock:
            if not self.depth:
                raise TransactionRequired

    def snapshot(self) -> dict[str, dict[object, object]]:
        return {
            name: dict(cast("dict[object, object]", table))
            for name, table in vars(self).items()
            if isinstance(table, dict)
        }

    def restore(self, snapshot: dict[str, dict[object, object]]) -> None:
        for name, table in snapshot.items():
            setattr(self, name, table)


class InMemoryAtomic(Atomic):
    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, work: Callable[[], T]) -> T:
        with self._store.lock:
            if self._store.depth:
                return self._join(work)
            self._store.deferred = []
            result = self._begin(work)
            deferred = self._store.deferred
        for effect in deferred:
            effect()
        return result

    def _begin(self, work: Callable[[], T]) -> T:
        before = self._store.snapshot()
        self._store.depth, self._store.aborted = 1, False
        done = False
        try:
            result = work()
            done = not self._store.aborted
        finally:
            self._store.depth = 0
            if not done:
                self._store.restore(before)
        if not done:
            raise TransactionAborted
        return result

    def _join(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except BaseException:
            self._store.aborted = True
            raise
