"""The use cases of patient records."""

from core.patients.use_cases.changes import ChangePage, FollowChanges, RestartChanges
from core.patients.use_cases.erase import ErasePatient
from core.patients.use_cases.erasures import CompleteErasureLedger, Replay, ReplayErasures
from core.patients.use_cases.export import ExportPatients
from core.patients.use_cases.history import HistoryPage, ViewHistory
from core.patients.use_cases.recent import ListRecentPatients
from core.patients.use_cases.register import RegisterPatient
from core.patients.use_cases.search import SearchPatients
from core.patients.use_cases.swap import SwapValues
from core.patients.use_cases.update import UpdatePatient
from core.patients.use_cases.view import ViewPatient

__all__ = [
    "ChangePage",
    "CompleteErasureLedger",
    "ErasePatient",
    "ExportPatients",
    "FollowChanges",
    "HistoryPage",
    "ListRecentPatients",
    "RegisterPatient",
    "Replay",
    "ReplayErasures",
    "RestartChanges",
    "SearchPatients",
    "SwapValues",
    "UpdatePatient",
    "ViewHistory",
    "ViewPatient",
]
