from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ModelAdmin, ShowFacets
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from adapters.django_orm.staff.pages import may
from core.access import Permission
from core.errors import RegistryError

COUNTED_AT_MOST = 10_000
MOST_AT_ONCE = 100


class CappedPaginator(Paginator):
    """Counts so far and no further: to count a million rows takes longer than to show a page of them."""

    @cached_property
    def count(self) -> int:
        return cast("QuerySet[Model]", self.object_list).order_by()[:COUNTED_AT_MOST].count()


class ViewOnlyAdmin(ModelAdmin):
    """Shows rows to whoever has the permission. They are changed by actions and pages that call use cases."""

    permission: ClassVar[Permission]

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
        context = (extra_context or {}) | {"links": self.links(object_id)}
        return super().change_view(request, object_id, form_url, context)

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

    def for_each(self, request: HttpRequest, rows: QuerySet[Any], work: Callable[[UUID], str]) -> None:
        """Does the work for each chosen row, and tells how many ended in which way. One that is refused stops none."""
        ids = list(rows.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(ids) > MOST_AT_ONCE:
            self.message_user(request, f"Nothing was done: choose at most {MOST_AT_ONCE}.", messages.ERROR)
            return
        done, refused = Counter[str](), Counter[str]()
        for row_id in ids:
            try:
                done[work(row_id)] += 1
            except RegistryError as error:
                refused[str(error)] += 1
        for outcome, count in done.items():
            self.message_user(request, f"{count} {outcome}.", messages.SUCCESS)
        for reason, count in refused.items():
            self.message_user(request, f"{count} not done: {reason}", messages.WARNING)
