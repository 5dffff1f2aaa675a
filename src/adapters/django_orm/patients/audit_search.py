from attrs import frozen

from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.db.log_filters import matching
from adapters.django_orm.patients import models
from adapters.django_orm.patients.audit import event_of
from core.audit.ports import AuditSearch
from core.audit.search import AuditCursor, AuditQuery
from core.patients.audit import AuditEvent


@frozen
class DjangoAuditSearch(AuditSearch):
    database: str = "default"

    @core_errors()
    def find(self, query: AuditQuery, *, before: AuditCursor | None, limit: int) -> tuple[AuditEvent, ...]:
        rows = matching(models.PatientEvent.objects.using(self.database).select_related("values"), query)
        if before is not None:
            same = {"at": before.at, "patient_id": before.patient_id}
            rows = rows.filter(at__lte=before.at).exclude(at=before.at, patient_id__gt=before.patient_id)
            rows = rows.exclude(**same, version__gte=before.version)
        return tuple(event_of(row) for row in rows.order_by("-at", "-patient_id", "-version")[:limit])
