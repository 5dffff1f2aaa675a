"""Acts that ask for confirmation first."""

from collections.abc import Callable, Mapping
from uuid import uuid4

from attrs import frozen
from django.http import HttpRequest, HttpResponse

from adapters.web.console.layout import page
from adapters.web.core_texts import translated
from core.errors import Conflict, VersionMismatch


@frozen
class Question:
    """`meaning` says what the act does, `back` is the address to return to without it."""

    title: str
    meaning: str
    button: str
    back: str


def confirm(
    request: HttpRequest,
    ask: Callable[[], Mapping[str, object]],
    send: Callable[[], HttpResponse],
    template: str = "console/confirm.html",
) -> HttpResponse:
    """Asks; the form that is sent then does the act. A conflict is shown with the question.

    `ask` returns the context of the page, for the default template with a `Question` as `asked`. It is not called for a
    form that is done: the record that it is about may be gone.
    """
    problem = ""
    if request.method == "POST":
        try:
            return send()
        except (Conflict, VersionMismatch) as error:
            problem = translated(error)
    context = {**ask(), "problem": problem, "key": str(uuid4())}
    return page(request, template, context, status=409 if problem else 200)
