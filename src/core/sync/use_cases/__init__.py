"""Syncing patients with the upstream system."""

from core.sync.use_cases.jobs import ListSyncFailures, StartNightlySync, StartSyncJob
from core.sync.use_cases.sync_patient import SyncPatient

__all__ = ["ListSyncFailures", "StartNightlySync", "StartSyncJob", "SyncPatient"]
