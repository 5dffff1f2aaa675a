"""The use cases of users, sessions and service accounts."""

from core.accounts.use_cases.actors import NameActors
from core.accounts.use_cases.authenticate import Authenticate
from core.accounts.use_cases.history import ViewAccountHistory
from core.accounts.use_cases.password_resets import IssuePasswordReset, ResetPassword
from core.accounts.use_cases.passwords import ChangeOwnPassword, SetPassword
from core.accounts.use_cases.purge import PurgeExpired
from core.accounts.use_cases.service_accounts import (
    CreateServiceAccount,
    CreateServiceKey,
    ListServiceAccounts,
    RevokeServiceKey,
    UpdateServiceAccount,
    ViewServiceAccount,
)
from core.accounts.use_cases.sessions import EndOwnSession, ListOwnSessions
from core.accounts.use_cases.sign_in import RefreshSession, SignIn, SignOut, VerifyPassword
from core.accounts.use_cases.user_sessions import EndUserSession, EndUserSessions, ListUserSessions
from core.accounts.use_cases.users import CreateUser, ListUsers, UpdateUser, ViewUser

__all__ = [
    "Authenticate",
    "ChangeOwnPassword",
    "CreateServiceAccount",
    "CreateServiceKey",
    "CreateUser",
    "EndOwnSession",
    "EndUserSession",
    "EndUserSessions",
    "IssuePasswordReset",
    "ListOwnSessions",
    "ListServiceAccounts",
    "ListUserSessions",
    "ListUsers",
    "NameActors",
    "PurgeExpired",
    "RefreshSession",
    "ResetPassword",
    "RevokeServiceKey",
    "SetPassword",
    "SignIn",
    "SignOut",
    "UpdateServiceAccount",
    "UpdateUser",
    "VerifyPassword",
    "ViewAccountHistory",
    "ViewServiceAccount",
    "ViewUser",
]
