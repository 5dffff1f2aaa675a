from collections.abc import Iterable
from uuid import UUID

from attrs import frozen

from adapters.django_orm.db.atomic import require_atomic
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.patients.models import Patient
from adapters.django_orm.sync import models
from core.sync.change_limits import HeldChange
from core.sync.ports import HeldChanges


@frozen
class DjangoHeldChanges(HeldChanges):
    database: str = "default"

    @core_errors()
    def replace(self, job_id: UUID, changes: Iterable[HeldChange]) -> None:
        require_atomic(self.database)
        by_patient = {change.patient_id: change for change in changes}
        patients = Patient.objects.using(self.database).filter(id__in=by_patient).select_for_update()
        existing = list(patients.values_list("id", flat=True))
        rows = models.HeldChange.objects.using(self.database)
        rows.filter(job_id=job_id).delete()
        rows.bulk_create(
            models.HeldChange(job_id=job_id, patient_id=one, before=by_patient[one].before, after=by_patient[one].after)
            for one in existing
        )

    @core_errors()
    def get(self, job_id: UUID) -> tuple[HeldChange, ...]:
        rows = models.HeldChange.objects.using(self.database).filter(job_id=job_id).order_by("patient_id")
        return tuple(HeldChange(row.patient_id, row.before, row.after) for row in rows)
