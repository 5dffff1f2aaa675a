"""Syncing patients with the upstream system."""

from core.sync.use_cases.jobs import (
    ConfirmSyncJob,
    ListHeldChanges,
    ListSyncFailures,
    StartNightlySync,
    StartSyncJob,
    ViewNightlySync,
)
from core.sync.use_cases.sync_patient import SyncPatient

__all__ = [
    "ConfirmSyncJob",
    "ListHeldChanges",
    "ListSyncFailures",
    "StartNightlySync",
    "StartSyncJob",
    "SyncPatient",
    "ViewNightlySync",
]
