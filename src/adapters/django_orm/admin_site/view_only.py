from collections import Counter
from collections.abc import Callable, Collection
from functools import cached_property
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ModelAdmin, ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from adapters.django_orm.admin_site.pages import may, record_access, record_refusal
from core.access import Permission
from core.access_log.entities import AccessAction
from core.errors import RegistryError
from core.patients.search_terms import MAX_WORDS
from core.values import MAX_EMAIL_LENGTH

M = TypeVar("M", bound=Model)

MAX_COUNT = 10_000
MAX_SELECTED = 100


class CappedPaginator(Paginator):
    """Stops counting at `MAX_COUNT`: counting a million rows takes longer than showing a page of them."""

    @cached_property
    def count(self) -> int:
        return cast("QuerySet[Model]", self.object_list).order_by()[:MAX_COUNT].count()


def parse_uuid(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None


class ViewOnlyAdmin(ModelAdmin):
    """Shows rows to users who have the permission. Actions and form pages change them through use cases."""

    permission: ClassVar[Permission]
    extra_lookups: ClassVar[Collection[str]] = ()  # that links from other pages filter by

    ordering = ["-pk"]
    sortable_by = ()
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # they count every row
    change_form_template = "admin/registry/detail.html"

    shows_patients: ClassVar[bool] = False  # then the access log names who looked at the page

    def patient_of(self, row: Any) -> UUID | None:
        """The patient whose values the row has."""
        return None

    def links(self, object_id: str) -> dict[str, str]:
        """URLs of pages about the row, by label."""
        return {}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        context = (extra_context or {}) | {"links": self.links(object_id) if row else {}}
        response = super().change_view(request, object_id, form_url, context)
        if row and self.shows_patients:
            self._record_patient(request, row)
        return response

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only the filters of the page. Other lookups could reveal secrets bit by bit, or be expensive."""
        filters = [item[0] if isinstance(item, tuple) else item for item in self.list_filter]
        lookups = {f"{name}{suffix}" for name in filters for suffix in ("", "__exact", "__isempty")}
        return lookup in {*lookups, *self.extra_lookups} and "\0" not in value

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        if len(search_term) > MAX_EMAIL_LENGTH or len(search_term.split()) > MAX_WORDS:
            error = f"A search must be at most {MAX_EMAIL_LENGTH} characters and {MAX_WORDS} words."
            self.message_user(request, error, messages.WARNING)
            return queryset.none(), False
        return self.search(request, queryset, search_term.strip())

    def search(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> tuple[QuerySet[Any], bool]:
        """The rows that match `term`, and whether there may be duplicates."""
        return super().get_search_results(request, queryset, term)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            for selected in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(selected)
        except ValidationError:
            raise BadRequest from None
        response = super().changelist_view(request, extra_context)
        if self.shows_patients and isinstance(response, TemplateResponse) and "cl" in (response.context_data or {}):
            shown = len(cast("dict[str, ChangeList]", response.context_data)["cl"].result_list)
            record_access(request, AccessAction.PAGE_VIEWED, count=shown, detail=self.opts.label_lower)
        return response

    def _record_patient(self, request: HttpRequest, row: Model) -> None:
        patient_id = self.patient_of(row)
        record_access(request, AccessAction.PATIENT_VIEWED, patient_id=patient_id, detail=self.opts.label_lower)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request, self.permission)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request, self.permission)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def confirmation(
        self,
        request: HttpRequest,
        rows: QuerySet[M],
        action: str,
        describe: Callable[[M], str],
        *,
        title: str,
        meaning: str,
    ) -> HttpResponse | None:
        """A page that lists the selected rows and asks to confirm `action`. None once it is confirmed, and when there
        are more rows than `for_each` accepts."""
        selected = list(rows[: MAX_SELECTED + 1])
        if "confirmed" in request.POST or len(selected) > MAX_SELECTED:
            return None
        for row in selected if self.shows_patients else ():
            self._record_patient(request, row)
        context = self.admin_site.each_context(request) | {
            "title": title,
            "meaning": meaning,
            "action": action,
            "rows": [(row.pk, describe(row)) for row in selected],
            "checkbox": ACTION_CHECKBOX_NAME,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/registry/confirm.html", context)

    def for_each(
        self, request: HttpRequest, rows: QuerySet[M], work: Callable[[M], str], limit: int = MAX_SELECTED
    ) -> None:
        """Calls `work` for each selected row, continues after errors, and shows how many rows had each outcome."""
        selected = list(rows[: limit + 1])
        if len(selected) > limit:
            self.message_user(request, f"Nothing was changed: select at most {limit}.", messages.ERROR)
            return
        done, failed = Counter[str](), Counter[str]()
        for row in selected:
            try:
                done[work(row)] += 1
            except RegistryError as error:
                record_refusal(request, error)
                failed[str(error)] += 1
        for outcome, count in done.items():
            self.message_user(request, f"{count} {outcome}.", messages.SUCCESS)
        for reason, count in failed.items():
            self.message_user(request, f"{count} not done: {reason}", messages.WARNING)
