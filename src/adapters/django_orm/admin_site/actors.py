"""Pages of rows that have an actor. Viewers who may manage users see a user's email in place of the id."""

from collections.abc import Iterable
from typing import Any, Protocol

from dependency_injector.wiring import Provide, inject
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from adapters.django_orm.accounts.models import User
from adapters.django_orm.admin_site.pages import actor_of, may
from adapters.django_orm.admin_site.view_only import ViewOnlyAdmin
from core.access import Permission
from core.accounts.use_cases import NameActors

SEARCH_HELP = "An actor, as shown in the list."


class _HasActor(Protocol):
    actor: str


@inject
def _show_emails(
    request: HttpRequest, rows: Iterable[_HasActor], name_actors: NameActors = Provide["name_actors"]
) -> None:
    """Changes the rows in memory only. Reads all users in one query."""
    rows = list(rows)
    names = name_actors(actor=actor_of(request), names={row.actor for row in rows if row.actor.startswith("user:")})
    for row in rows:
        row.actor = names.get(row.actor) or row.actor


class _ActorChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        _show_emails(request, self.result_list)


class ActorAdmin(ViewOnlyAdmin):
    """For models with an `actor`, which the search finds them by."""

    search_fields = ["actor"]
    search_help_text = SEARCH_HELP

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _ActorChangeList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        _show_emails(request, [row] if row else [])
        return row

    def search(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(actor=_actor_for(request, term)) if term else queryset), False


def _actor_for(request: HttpRequest, term: str) -> str:
    """The actor that the list shows as `term`."""
    if "@" not in term or not may(request, Permission.MANAGE_USERS):
        return term
    user = User.objects.filter(email=term.lower()).first()
    return f"user:{user.id}" if user else term
