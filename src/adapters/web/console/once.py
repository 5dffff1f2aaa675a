"""Forms that change something. One that is sent twice, as by a double click, does it once."""

import json
from collections.abc import Callable

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from adapters.web.console.staff import actor_of
from core.idempotency.entities import Answer
from core.idempotency.use_cases import AnswerOnce
from core.jobs.entities import Job


@frozen
class Done:
    """Where to go on, and what to say there."""

    location: str
    message: str = ""


@inject
def redirect_once(
    request: HttpRequest, content: object, work: Callable[[], Done], once: AnswerOnce = Provide["answer_once"]
) -> HttpResponse:
    """`content` is what the form sent, as JSON values. Raises what `work` raises, `ValidationError` for the key,
    `KeyReused`, and `AnswerGone`."""

    def answer() -> Answer:
        done = work()
        return Answer(302, {"Location": done.location}, done.message.encode())

    sent = json.dumps(content, sort_keys=True).encode()
    actor, key = actor_of(request), request.POST.get("key", "")
    made, _ = once(actor=actor, key=key, operation=f"console:{request.path}", request=sent, work=answer)
    if made.body:
        messages.success(request, made.body.decode())
    return HttpResponseRedirect(made.headers["Location"])


def start_once(request: HttpRequest, content: object, start: Callable[[], Job]) -> HttpResponse:
    """Leads to the job. Raises what `start` does, and what `redirect_once` does."""

    def work() -> Done:
        job = start()
        return Done(reverse("console:job", args=[job.kind, job.id]))

    return redirect_once(request, content, work)
