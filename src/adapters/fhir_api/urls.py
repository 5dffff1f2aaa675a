from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request

from adapters.fhir_api.capability import capability_statement
from adapters.fhir_api.history import PatientHistoryView, PatientVersionView
from adapters.fhir_api.patients import PatientsView, PatientView
from adapters.fhir_api.view import BASE, FhirView, resource


class MetadataView(FhirView):
    authentication_classes = ()

    def get(self, request: Request) -> HttpResponse:
        return resource(request, capability_statement(request.build_absolute_uri(BASE)))


urlpatterns = [
    path("R4/metadata/", MetadataView.as_view()),
    path("R4/Patient/", PatientsView.as_view()),
    path("R4/Patient/<uuid:patient_id>/", PatientView.as_view()),
    path("R4/Patient/<uuid:patient_id>/_history/", PatientHistoryView.as_view()),
    path("R4/Patient/<uuid:patient_id>/_history/<int:version>/", PatientVersionView.as_view()),
]
