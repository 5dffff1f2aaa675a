from typing import TypeVar

from django.db.models import Model, QuerySet

from core.access_log.entities import A, LogQuery

M = TypeVar("M", bound=Model)


def matching(rows: QuerySet[M], query: LogQuery[A]) -> QuerySet[M]:
    filters: dict[str, object] = {
        "actor": query.actor,
        "patient_id": query.patient_id,
        "action": query.action,
        "at__gte": query.since,
        "at__lt": query.until,
    }
    return rows.filter(**{lookup: value for lookup, value in filters.items() if value is not None})
