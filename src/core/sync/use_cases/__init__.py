"""Keeping patients in step with the upstream system."""

from core.sync.use_cases.jobs import ListSyncFailures, StartSyncJob
from core.sync.use_cases.sync_patient import SyncPatient

__all__ = ["ListSyncFailures", "StartSyncJob", "SyncPatient"]
