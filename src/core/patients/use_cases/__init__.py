"""What can be done with patients. Scripts, the API and the commands all come in here."""

from core.patients.use_cases.changes import ChangePage, FollowChanges, RestartChanges
from core.patients.use_cases.erase import ErasePatient
from core.patients.use_cases.export import ExportPatients
from core.patients.use_cases.history import HistoryPage, ViewHistory
from core.patients.use_cases.imports import DownloadRejects, StartImport
from core.patients.use_cases.register import RegisterPatient
from core.patients.use_cases.run_import import RunImport
from core.patients.use_cases.run_sync_job import RunSyncJob
from core.patients.use_cases.search import SearchPatients
from core.patients.use_cases.sync import SyncPatient
from core.patients.use_cases.sync_jobs import ListSyncFailures, StartSyncJob
from core.patients.use_cases.update import UpdatePatient
from core.patients.use_cases.view import ViewPatient

__all__ = [
    "ChangePage",
    "DownloadRejects",
    "ErasePatient",
    "ExportPatients",
    "FollowChanges",
    "HistoryPage",
    "ListSyncFailures",
    "RegisterPatient",
    "RestartChanges",
    "RunImport",
    "RunSyncJob",
    "SearchPatients",
    "StartImport",
    "StartSyncJob",
    "SyncPatient",
    "UpdatePatient",
    "ViewHistory",
    "ViewPatient",
]
