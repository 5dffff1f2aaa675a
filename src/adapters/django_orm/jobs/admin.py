from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from adapters.django_orm.jobs.models import Job, SyncOutcome
from adapters.django_orm.staff.actors import ActedAdmin
from adapters.django_orm.staff.view_only import ViewOnlyAdmin, uuid_in
from core.access import Permission
from core.jobs.entities import JobKind


@admin.register(Job)
class JobAdmin(ActedAdmin):
    permission = Permission.MANAGE_JOBS
    list_display = ["created_at", "kind", "state", "total", "counts", "ended_at", "actor"]
    list_filter = ["kind", "state"]

    def links(self, object_id: str) -> dict[str, str]:
        if not Job.objects.filter(id=object_id, kind=JobKind.SYNC).exists():
            return {}
        return {"Outcomes": f"{reverse('admin:jobs_syncoutcome_changelist')}?job={object_id}"}


@admin.register(SyncOutcome)
class SyncOutcomeAdmin(ViewOnlyAdmin):
    permission = Permission.MANAGE_JOBS
    list_display = ["at", "outcome", "patient_id", "reason", "conflicts", "job"]
    list_display_links = ["at"]
    linked_by = ["job"]
    list_filter = ["outcome", "needs_a_look"]
    search_fields = ["patient_id"]
    search_help_text = "The id of a patient."

    def search(
        self, request: HttpRequest, queryset: QuerySet[SyncOutcome], term: str
    ) -> tuple[QuerySet[SyncOutcome], bool]:
        return (queryset.filter(patient_id=uuid_in(term)) if term else queryset), False
