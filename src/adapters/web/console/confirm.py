"""Acts that ask for confirmation first."""

from collections.abc import Callable
from uuid import uuid4

from attrs import frozen
from django.http import HttpRequest, HttpResponse

from adapters.web.console.layout import page
from adapters.web.console.once import Done, redirect_once
from core.errors import Conflict


@frozen
class Question:
    """`meaning` says what the act does, `back` is the address to return to without it."""

    title: str
    meaning: str
    button: str
    back: str


def confirm(request: HttpRequest, ask: Callable[[], Question], work: Callable[[], Done]) -> HttpResponse:
    """Asks; the form that is sent then does `work` once. A conflict is shown with the question.

    `ask` is not called for a form that is done: the record that it is about may be gone.
    """
    problem = ""
    if request.method == "POST":
        try:
            return redirect_once(request, None, work)
        except Conflict as error:
            problem = str(error)
    context = {"asked": ask(), "problem": problem, "key": str(uuid4())}
    return page(request, "console/confirm.html", context, status=409 if problem else 200)
