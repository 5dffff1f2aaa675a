from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from adapters.django_orm.admin_site.actors import ActorAdmin
from adapters.django_orm.admin_site.pages import actor_of, may
from adapters.django_orm.admin_site.view_only import ViewOnlyAdmin, parse_uuid
from adapters.django_orm.patients import models
from adapters.django_orm.patients.search import filter_patients
from core.access import Permission
from core.patients.search import PatientQuery
from core.patients.search_terms import parse_words
from core.patients.use_cases import UpdatePatient
from core.patients.values import Status
from core.ports import RateLimiter, RateLimitScope
from core.sync.use_cases import SyncPatient

ARCHIVING = (
    "Only inactive patients can be archived. Search still finds an archived patient, but it cannot be changed or "
    "synced. To undo this, make the patient inactive, then active."
)
MAX_SYNCS = 4  # each may take as long as EXTERNAL_API_TIMEOUT


def _describe(patient: models.Patient) -> str:
    name = ", ".join(filter(None, (patient.last_name, patient.first_name)))
    return f"{name}, born {patient.date_of_birth or 'on an unknown date'}: {patient.status}"


@admin.register(models.Patient)
class PatientAdmin(ViewOnlyAdmin):
    permission = Permission.VIEW_PATIENTS
    shows_patients = True
    list_display = ["last_name", "first_name", "date_of_birth", "status", "email", "last_synced_at"]
    list_filter = ["status", "sex"]
    search_fields = ["id"]
    search_help_text = "Names, a phone number or its last digits, an email, an identifier, a date of birth, or an id."
    actions = ["activate", "deactivate", "archive", "sync"]

    def search(
        self, request: HttpRequest, queryset: QuerySet[models.Patient], term: str
    ) -> tuple[QuerySet[models.Patient], bool]:
        if not term:
            return queryset, False
        if (patient_id := parse_uuid(term)) is not None:
            return queryset.filter(id=patient_id), False
        found = filter_patients(PatientQuery(words=parse_words(term, settings.PHONE_REGION)), queryset.db)
        return queryset.filter(id__in=found.values("id")), False

    def patient_of(self, row: models.Patient) -> UUID:
        return row.id

    def links(self, object_id: str) -> dict[str, str]:
        return {"History": f"{reverse('admin:patients_patientevent_changelist')}?patient_id={object_id}"}

    def has_update_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.UPDATE_PATIENTS)

    def has_sync_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.SYNC_PATIENTS)

    @admin.action(description="Make active", permissions=["update"])
    def activate(self, request: HttpRequest, queryset: QuerySet[models.Patient]) -> None:
        self._set_status(request, queryset, Status.ACTIVE)

    @admin.action(description="Make inactive", permissions=["update"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[models.Patient]) -> None:
        self._set_status(request, queryset, Status.INACTIVE)

    @admin.action(description="Archive inactive patients", permissions=["update"])
    def archive(self, request: HttpRequest, queryset: QuerySet[models.Patient]) -> HttpResponse | None:
        page = self.confirmation(request, queryset, "archive", _describe, title="Archive patients?", meaning=ARCHIVING)
        if page is None:
            self._set_status(request, queryset, Status.ARCHIVED)
        return page

    @inject
    def _set_status(
        self,
        request: HttpRequest,
        queryset: QuerySet[models.Patient],
        status: Status,
        update_patient: UpdatePatient = Provide["update_patient"],
    ) -> None:
        def work(patient: models.Patient) -> str:
            update_patient(actor=actor_of(request), patient_id=patient.id, status=status)
            return f"now {status}"

        self.for_each(request, queryset, work)

    @admin.action(description="Sync from upstream", permissions=["sync"])
    @inject
    def sync(
        self,
        request: HttpRequest,
        queryset: QuerySet[models.Patient],
        sync_patient: SyncPatient = Provide["sync_patient"],
        limiter: RateLimiter = Provide["limiter"],
    ) -> None:
        actor = actor_of(request)

        def work(patient: models.Patient) -> str:
            limiter.acquire(RateLimitScope.SYNC, actor.name)
            return f"{sync_patient(actor=actor, patient_id=patient.id).outcome}"

        self.for_each(request, queryset, work, MAX_SYNCS)


@admin.register(models.PatientEvent)
class PatientEventAdmin(ActorAdmin):
    permission = Permission.VIEW_PATIENTS
    shows_patients = True
    list_display = ["at", "action", "patient", "version", "actor", "request_id"]
    list_display_links = ["at"]
    extra_lookups = ["patient_id"]
    list_filter = ["action"]
    search_help_text = "The id of a patient, or an actor as shown in the list."
    fields = ["at", "action", "patient", "version", "actor", "request_id", "changes", "digest"]
    readonly_fields = ["patient", "changes"]

    def patient_of(self, row: models.PatientEvent) -> UUID:
        return row.patient_id

    def search(
        self, request: HttpRequest, queryset: QuerySet[models.PatientEvent], term: str
    ) -> tuple[QuerySet[models.PatientEvent], bool]:
        if (patient_id := parse_uuid(term)) is not None:
            return queryset.filter(patient_id=patient_id), False
        return super().search(request, queryset, term)

    @admin.display(description="Patient")
    def patient(self, event: models.PatientEvent) -> SafeString:
        url = reverse("admin:patients_patient_change", args=[event.patient_id])
        return format_html('<a href="{}">{}</a>', url, event.patient_id)

    @admin.display(description="Changes")
    def changes(self, event: models.PatientEvent) -> SafeString | str:
        values = models.EventValues.objects.filter(patient_id=event.patient_id, version=event.version).first()
        if values is None:
            return "Erased with the patient."
        rows = ((name, values.before.get(name), values.after[name]) for name in event.fields)
        return format_html_join("", "<p>{}: {} → {}</p>", rows)
