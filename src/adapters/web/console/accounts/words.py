"""Roles, permissions and the changes of accounts, as people read them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from attrs import frozen
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from adapters.web.core_texts import in_words
from core.access import Permission, Role
from core.accounts.audit import AccountAction, AccountEvent
from core.accounts.service_keys import ServiceKey

_SOON = timedelta(days=14)


@frozen
class Chip:
    """`kind` is its class in the stylesheet."""

    kind: str
    text: str


ROLES: dict[Role, str | Promise] = {
    Role.READER: gettext_lazy("Reader: sees patients"),
    Role.CLERK: gettext_lazy("Clerk: registers, corrects, matches and imports patients"),
    Role.AUTHOR: gettext_lazy("Author: writes notices"),
    Role.EDITOR: gettext_lazy("Editor: writes notices, and edits those of others"),
    Role.ADMIN: gettext_lazy("Admin: everything, also accounts and erasing patients"),
}
PERMISSIONS: dict[Permission, str | Promise] = {
    Permission.VIEW_PATIENTS: gettext_lazy("See patients"),
    Permission.REGISTER_PATIENTS: gettext_lazy("Register patients"),
    Permission.MATCH_PATIENTS: gettext_lazy("Search for possible duplicates"),
    Permission.REVIEW_PATIENTS: gettext_lazy("Decide about possible duplicates"),
    Permission.MERGE_PATIENTS: gettext_lazy("Merge patients, and undo merges"),
    Permission.UPDATE_PATIENTS: gettext_lazy("Change patients"),
    Permission.SYNC_PATIENTS: gettext_lazy("Sync patients with upstream"),
    Permission.ERASE_PATIENTS: gettext_lazy("Erase patients"),
    Permission.IMPORT_PATIENTS: gettext_lazy("Import files of patients"),
    Permission.EXPORT_PATIENTS: gettext_lazy("Export patients"),
    Permission.SUBJECT_ACCESS: gettext_lazy("Give patients a copy of their data"),
    Permission.RESTART_CHANGES: gettext_lazy("Restart the change feed"),
    Permission.MANAGE_JOBS: gettext_lazy("See, start and cancel jobs"),
    Permission.CONFIRM_JOBS: gettext_lazy("Let held jobs continue"),
    Permission.UNDO_JOBS: gettext_lazy("Undo jobs"),
    Permission.RUN_JOBS: gettext_lazy("Run jobs"),
    Permission.VIEW_POSTS: gettext_lazy("Read notices"),
    Permission.COMMENT_POSTS: gettext_lazy("Comment on notices"),
    Permission.WRITE_POSTS: gettext_lazy("Write notices"),
    Permission.EDIT_POSTS: gettext_lazy("Edit the notices of others"),
    Permission.MANAGE_USERS: gettext_lazy("Manage users and service accounts"),
    Permission.MANAGE_UPSTREAMS: gettext_lazy("Isolate and close upstream"),
    Permission.VIEW_AUDIT: gettext_lazy("See who looked at patients"),
    Permission.BACK_UP: gettext_lazy("Back up the registry"),
    Permission.RESTORE: gettext_lazy("Restore the registry"),
}
ACTIONS: dict[AccountAction, str | Promise] = {
    AccountAction.CREATED: gettext_lazy("Created"),
    AccountAction.ROLE_CHANGED: gettext_lazy("Role changed"),
    AccountAction.DISABLED: gettext_lazy("Disabled"),
    AccountAction.ENABLED: gettext_lazy("Enabled"),
    AccountAction.PASSWORD_SET: gettext_lazy("Password set by an admin"),
    AccountAction.PASSWORD_CHANGED: gettext_lazy("Password changed"),
    AccountAction.RESET_ISSUED: gettext_lazy("Code for a new password made"),
    AccountAction.PASSWORD_RESET: gettext_lazy("Password chosen with a code"),
    AccountAction.KEY_CREATED: gettext_lazy("Key made"),
    AccountAction.KEY_REVOKED: gettext_lazy("Key revoked"),
    AccountAction.SESSION_ENDED: gettext_lazy("Session ended by an admin"),
    AccountAction.SESSIONS_ENDED: gettext_lazy("All sessions ended by an admin"),
}


def permissions_in_words(permissions: Iterable[Permission]) -> list[str]:
    """In the order of `Permission`."""
    held = frozenset(permissions)
    return [str(PERMISSIONS[one]) for one in Permission if one in held]


def event_in_words(event: AccountEvent) -> str:
    """What was done, with the roles or the name of the key."""
    said, details = str(ACTIONS[event.action]), event.details
    if event.action is AccountAction.ROLE_CHANGED:
        return _("%(said)s from %(before)s to %(after)s") % {
            "said": said,
            "before": in_words(details["before"]),
            "after": in_words(details["after"]),
        }
    named = details.get("name") or in_words(details.get("role", ""))
    return f"{said}: {named}" if named else said


def key_state(key: ServiceKey, now: datetime) -> Chip:
    """A valid key works unless its account is disabled."""
    if key.revoked_at:
        return Chip("archived", _("Revoked"))
    if not key.is_live(now):
        return Chip("archived", _("Expired"))
    return Chip("possible", _("Expires soon")) if key.expires_at - now < _SOON else Chip("active", _("Valid"))
