"""django-ninja, with a ModelSchema and a bearer token that is checked with PyJWT."""

import os
from uuid import UUID

import jwt
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest
from django.urls import path

app = get_wsgi_application()

from ninja import ModelSchema, NinjaAPI
from ninja.security import HttpBearer

from benchmarks.peers.models import Account, Patient


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Account | None:
        claims = jwt.decode(token, os.environ["SECRET_KEY"], ["HS256"])
        return Account.objects.filter(id=claims["user_id"], is_active=True).first()


class PatientSchema(ModelSchema):
    class Meta:
        model = Patient
        fields = "__all__"


api = NinjaAPI(auth=Bearer())


@api.get("/patients/{patient_id}/", response=PatientSchema)
def view(request: HttpRequest, patient_id: UUID) -> Patient:
    return Patient.objects.get(id=patient_id)


@api.get("/patients/", response=list[PatientSchema])
def first_page(request: HttpRequest, page: int = 1) -> list[Patient]:
    return list(Patient.objects.order_by("-id")[100 * (page - 1) : 100 * page])


urlpatterns = [path("", api.urls)]
