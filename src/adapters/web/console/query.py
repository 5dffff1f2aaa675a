"""Parameters of addresses."""

from uuid import UUID

from django.http import Http404, HttpRequest


def id_in(request: HttpRequest, name: str) -> UUID | None:
    """Raises `Http404` for what is no id."""
    given = request.GET.get(name)
    try:
        return UUID(given) if given else None
    except ValueError:
        raise Http404 from None
