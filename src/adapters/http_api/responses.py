"""Building responses: what each record looks like in JSON, and the documents around it."""

from collections.abc import Mapping, Sequence
from datetime import date

import orjson
from django.http import HttpResponse
from rest_framework.request import Request

from adapters.http_api.preconditions import Record, check_read, entity_tag
from core.patients.audit import AuditEvent, Change
from core.patients.entities import Patient
from core.posts.entities import Comment, Post

_OPTIONS = orjson.OPT_UTC_Z


def document(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    content = orjson.dumps(body, option=_OPTIONS)
    return HttpResponse(content, status=status, content_type="application/json", headers=dict(headers or {}))


def page(request: Request, results: Sequence[object], next_cursor: str | None, **members: object) -> HttpResponse:
    """`next` is the address of the next page, what was asked for with the cursor; `Link` says the same (RFC 8288)."""
    link, headers = None, {}
    if next_cursor is not None:
        query = request.query_params.copy()
        query["cursor"] = next_cursor
        link = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        headers["Link"] = f'<{link}>; rel="next"'
    return document({"next": link, "next_cursor": next_cursor, "results": results, **members}, headers=headers)


def patient_document(
    request: Request, patient: Patient, today: date, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    return _tagged(request, patient, patient_json(patient, today), status, headers)


def post_document(
    request: Request, post: Post, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    response = _tagged(request, post, post_json(request, post), status, headers)
    response["Cache-Control"] = "private, no-cache"  # the caller's own cache may keep it, and asks each time
    return response


def _tagged(
    request: Request, record: Record, body: object, status: int, headers: Mapping[str, str] | None
) -> HttpResponse:
    """Carries a strong ETag."""
    response = document(body, status=status, headers=headers)
    tag = entity_tag(record, response.content)
    if request.method in {"GET", "HEAD"}:
        check_read(request, tag)
    response["ETag"] = tag
    return response


def patient_json(patient: Patient, today: date) -> dict[str, object]:
    return {
        "id": patient.id,
        "first_name": patient.first_name,
        "last_name": patient.last_name,
        "full_name": patient.full_name,
        "email": patient.email,
        "phone": patient.phone,
        "date_of_birth": patient.date_of_birth,
        "age": patient.age_on(today),
        "sex": patient.sex,
        "identifiers": [{"system": one.system, "value": one.value} for one in patient.identifiers],
        "status": patient.status,
        "version": patient.version,
        "external_id": patient.external_id,
        "last_synced_at": patient.last_synced_at,
        "created_at": patient.created_at,
        "updated_at": patient.updated_at,
    }


def event_json(event: AuditEvent, names: Mapping[str, str | None]) -> dict[str, object]:
    held = event.values
    changes = (
        {name: {"before": held.before.get(name), "after": held.after[name]} for name in event.fields} if held else None
    )
    return {
        "version": event.version,
        "at": event.at,
        "actor": event.actor,
        "actor_name": names[event.actor],
        "request_id": event.request_id,
        "action": event.action,
        "fields": event.fields,
        "changes": changes,
        "digest": event.digest,
    }


def change_json(change: Change, names: Mapping[str, str | None]) -> dict[str, object]:
    return {
        "patient_id": change.patient_id,
        "version": change.version,
        "action": change.action,
        "at": change.at,
        "fields": change.fields,
        "actor": change.actor,
        "actor_name": names[change.actor],
        "request_id": change.request_id,
    }


def _author(request: Request, written: Post | Comment) -> str | None:
    """Ids of accounts are for whoever is signed in."""
    return None if request.auth is None else written.author


def post_json(request: Request, post: Post) -> dict[str, object]:
    return {
        "id": post.id,
        "title": post.title,
        "slug": post.slug,
        "author": _author(request, post),
        "content": post.content,
        "published": post.published,
        "published_at": post.published_at,
        "view_count": post.view_count,
        "comment_count": post.comment_count,
        "version": post.version,
        "created_at": post.created_at,
        "updated_at": post.updated_at,
    }


def comment_json(request: Request, comment: Comment) -> dict[str, object]:
    return {
        "id": comment.id,
        "author": _author(request, comment),
        "content": comment.content,
        "created_at": comment.created_at,
    }
