"""Parameters of addresses and forms."""

from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest

from core.access_log.entities import AccessCursor
from core.audit.search import AuditCursor


def id_in(request: HttpRequest, name: str) -> UUID | None:
    """Raises `Http404` for what is no id."""
    given = request.GET.get(name)
    try:
        return UUID(given) if given else None
    except ValueError:
        raise Http404 from None


def version_of(request: HttpRequest, name: str = "version") -> int:
    """Of the record that the form was made of; 0, which no record has, if the form does not say."""
    given = request.POST.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0


def access_cursor_in(request: HttpRequest) -> AccessCursor | None:
    """From `moment|number`. Raises `Http404`."""
    given = request.GET.get("before")
    try:
        return AccessCursor(_moment(given), int(given.split("|")[1][:18])) if given else None
    except (ValueError, IndexError):
        raise Http404 from None


def audit_cursor_in(request: HttpRequest) -> AuditCursor | None:
    """From `moment|patient|version`. Raises `Http404`."""
    given = request.GET.get("before")
    try:
        _, patient_id, version = given.split("|") if given else ("", "", "")
        return AuditCursor(_moment(given), UUID(patient_id), int(version[:9])) if given else None
    except ValueError:
        raise Http404 from None


def _moment(cursor: str) -> datetime:
    """Raises `ValueError`."""
    moment = datetime.fromisoformat(cursor.partition("|")[0])
    if moment.tzinfo is None:
        raise ValueError
    return moment
