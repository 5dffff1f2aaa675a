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


class Registration(ModelSchema):
    class Meta:
        model = Patient
        fields = ("first_name", "last_name", "email", "date_of_birth")


class Change(ModelSchema):
    class Meta:
        model = Patient
        fields = ("first_name", "last_name", "email", "date_of_birth")
        fields_optional = "__all__"


api = NinjaAPI(auth=Bearer())


@api.get("/patients/{patient_id}/", response=PatientSchema)
def view(request: HttpRequest, patient_id: UUID) -> Patient:
    return Patient.objects.get(id=patient_id)


@api.get("/patients/", response=list[PatientSchema])
def one_page(request: HttpRequest, page: int = 1, sex: str | None = None) -> list[Patient]:
    rows = Patient.objects.order_by("-id")
    if sex is not None:
        rows = rows.filter(sex=sex)
    return list(rows[100 * (page - 1) : 100 * page])


@api.post("/patients/", response={201: PatientSchema})
def register(request: HttpRequest, body: Registration) -> tuple[int, Patient]:
    return 201, Patient.objects.create(**body.dict())


@api.patch("/patients/{patient_id}/", response=PatientSchema)
def change(request: HttpRequest, patient_id: UUID, body: Change) -> Patient:
    patient = Patient.objects.get(id=patient_id)
    for name, value in body.dict(exclude_unset=True).items():
        setattr(patient, name, value)
    patient.save()
    return patient


urlpatterns = [path("", api.urls)]
