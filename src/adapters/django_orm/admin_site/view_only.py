from collections import Counter
from collections.abc import Callable, Collection
from functools import cached_property
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ModelAdmin, ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from adapters.django_orm.admin_site.pages import may
from core.access import Permission
from core.errors import RegistryError
from core.patients.search_terms import MAX_WORDS
from core.values import MAX_EMAIL_LENGTH

M = TypeVar("M", bound=Model)

MAX_COUNT = 10_000
MAX_SELECTED = 100


class CappedPaginator(Paginator):
    """Counts so far and no further: to count a million rows takes longer than to show a page of them."""

    @cached_property
    def count(self) -> int:
        return cast("QuerySet[Model]", self.object_list).order_by()[:MAX_COUNT].count()


def uuid_in(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None


class ViewOnlyAdmin(ModelAdmin):
    """Shows rows to whoever has the permission. They are changed by actions and pages that call use cases."""

    permission: ClassVar[Permission]
    linked_by: ClassVar[Collection[str]] = ()  # fields that links from elsewhere filter by

    ordering = ["-pk"]
    sortable_by = ()
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # they count every row
    change_form_template = "admin/registry/detail.html"

    def links(self, object_id: str) -> dict[str, str]:
        """What else there is for a row, by what it is called."""
        return {}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        there = self.get_object(request, unquote(object_id)) is not None
        context = (extra_context or {}) | {"links": self.links(object_id) if there else {}}
        return super().change_view(request, object_id, form_url, context)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the page itself offers. Any other lookup finds out a secret, a little at a time, or costs what it
        likes."""
        filters = [one[0] if isinstance(one, tuple) else one for one in self.list_filter]
        offered = {f"{name}{test}" for name in filters for test in ("", "__exact", "__isempty")}
        return lookup in {*offered, *self.linked_by} and "\0" not in value

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        if len(search_term) > MAX_EMAIL_LENGTH or len(search_term.split()) > MAX_WORDS:
            limits = f"Search with at most {MAX_EMAIL_LENGTH} characters and {MAX_WORDS} words."
            self.message_user(request, limits, messages.WARNING)
            return queryset.none(), False
        return self.search(request, queryset, search_term.strip())

    def search(
        self, request: HttpRequest, queryset: QuerySet[Any], term: str  # of the model of each
    ) -> tuple[QuerySet[Any], bool]:
        """The rows found by `term`, and whether some may be found twice."""
        return super().get_search_results(request, queryset, term)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(chosen)
        except ValidationError:
            raise BadRequest from None
        return super().changelist_view(request, extra_context)

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
        """The page that lists the chosen rows and asks whether to do `action`. None once that was confirmed, and for
        more rows than `for_each` takes."""
        chosen = list(rows[: MAX_SELECTED + 1])
        if "confirmed" in request.POST or len(chosen) > MAX_SELECTED:
            return None
        context = self.admin_site.each_context(request) | {
            "title": title,
            "meaning": meaning,
            "action": action,
            "rows": [(row.pk, describe(row)) for row in chosen],
            "checkbox": ACTION_CHECKBOX_NAME,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/registry/confirm.html", context)

    def for_each(
        self, request: HttpRequest, rows: QuerySet[M], work: Callable[[M], str], most: int = MAX_SELECTED
    ) -> None:
        """Does the work for each chosen row, and tells how many ended in which way. One that is refused stops none."""
        chosen = list(rows[: most + 1])
        if len(chosen) > most:
            self.message_user(request, f"Nothing was done: choose at most {most}.", messages.ERROR)
            return
        done, refused = Counter[str](), Counter[str]()
        for row in chosen:
            try:
                done[work(row)] += 1
            except RegistryError as error:
                refused[str(error)] += 1
        for outcome, count in done.items():
            self.message_user(request, f"{count} {outcome}.", messages.SUCCESS)
        for reason, count in refused.items():
            self.message_user(request, f"{count} not done: {reason}", messages.WARNING)
