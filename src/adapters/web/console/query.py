"""Parameters of addresses and forms."""

from uuid import UUID

from django.http import Http404, HttpRequest


def id_in(request: HttpRequest, name: str) -> UUID | None:
    """Raises `Http404` for what is no id."""
    given = request.GET.get(name)
    try:
        return UUID(given) if given else None
    except ValueError:
        raise Http404 from None


def version_of(request: HttpRequest, name: str = "version") -> int:
    """Of the record that the form was made of; 0, which no record has, if the form does not say."""
    given = request.POST.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0
