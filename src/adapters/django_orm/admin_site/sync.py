from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from adapters.django_orm.admin_site.view_only import ViewOnlyAdmin, parse_uuid
from adapters.django_orm.sync.models import SyncJobResult
from core.access import Permission


@admin.register(SyncJobResult)
class SyncJobResultAdmin(ViewOnlyAdmin):
    permission = Permission.MANAGE_JOBS
    list_display = ["at", "outcome", "patient_id", "reason", "conflicts", "job"]
    list_display_links = ["at"]
    extra_lookups = ["job"]
    list_filter = ["outcome", "needs_review"]
    search_fields = ["patient_id"]
    search_help_text = "The id of a patient."

    def search(
        self, request: HttpRequest, queryset: QuerySet[SyncJobResult], term: str
    ) -> tuple[QuerySet[SyncJobResult], bool]:
        return (queryset.filter(patient_id=parse_uuid(term)) if term else queryset), False
