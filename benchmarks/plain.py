"""A plain ModelViewSet for patients, for comparison: no history, no folded names, no audit trail."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
from django.urls import include, path
from rest_framework import parsers, renderers, serializers, viewsets
from rest_framework.routers import SimpleRouter

from adapters.django_orm.patients.models import Patient


class PlainSerializer(serializers.ModelSerializer[Patient]):
    class Meta:  # type: ignore[override]  # the stubs declare another Meta
        model = Patient
        fields = ("id", "first_name", "last_name", "email", "date_of_birth", "phone", "external_id")
        read_only_fields = ("id",)


class PlainViewSet(viewsets.ModelViewSet[Patient]):
    queryset = Patient.objects.order_by("-id")
    serializer_class = PlainSerializer
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (parsers.JSONParser,)
    renderer_classes = (renderers.JSONRenderer,)

    def perform_create(self, serializer: Any) -> None:  # like the stubs
        now = datetime.now(UTC)
        unset = {"sex": "unknown", "status": "active", "deceased": "false"}
        unknown = {"email_shared": False, "date_of_birth_estimated": False}
        serializer.save(id=uuid4(), version=1, created_at=now, updated_at=now, **unset, **unknown)


router = SimpleRouter()
router.register("plain", PlainViewSet)
urlpatterns = [path("", include(router.urls))]
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
settings.ALLOWED_HOSTS = ["testserver"]
app = WSGIHandler()


def post(record: dict[str, str]) -> None:
    statuses: list[str] = []

    def start_response(status: str, *_: object) -> Callable[[bytes], object]:
        statuses.append(status)
        return bytes

    request = RequestFactory().post("/plain/", json.dumps(record), content_type="application/json")
    response = app(dict(request.environ), start_response)
    body = b"".join(response)
    response.close()
    if not statuses[0].startswith("201"):
        raise SystemExit(f"{statuses[0]}: {body[:300]!r}")
