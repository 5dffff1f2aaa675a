"""Finding the patients who may be a person, and the shape of a match."""

from datetime import date
from typing import Annotated, cast

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.patients.record import DemographicsSerializer, PatientSerializer, patient_json
from adapters.http_api.patients.search import TheClock
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import read_body_collecting
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.responses import document
from adapters.http_api.rest.schemas import EvidenceSerializer
from core.access import Permission
from core.matching import use_cases
from core.matching.blocking import KeyKind
from core.matching.entities import Candidate
from core.matching.scoring import Grade, explain
from core.patients.fields import Changes
from core.patients.values import Status
from core.values import parse_enum

_GRADES = [Grade.CERTAIN.value, Grade.POSSIBLE.value]


class CandidateSerializer(serializers.Serializer):
    patient = PatientSerializer(help_text="The record.")
    probability = serializers.FloatField(
        min_value=0, max_value=1, help_text="How likely the record describes this person.", initial=0.99995
    )
    grade = serializers.ChoiceField(_GRADES, help_text="A registration of this person is refused if it is `certain`.")
    explanation = EvidenceSerializer(many=True, help_text="What the probability is based on.")


class CandidatesSerializer(serializers.Serializer):
    results = CandidateSerializer(many=True, help_text="By falling probability.")
    cut_keys = serializers.ListField(
        child=serializers.ChoiceField(list(KeyKind)),
        help_text="What too many patients have in common with the person: of those, only the ones who share more than "
        "this were compared.",
        initial=[],
    )


def candidate_json(candidate: Candidate, today: date) -> dict[str, object]:
    return {
        "patient": patient_json(candidate.patient, today),
        "probability": candidate.match.probability,
        "grade": candidate.match.grade.value,
        "explanation": explain(candidate.match.evidence),
    }


class PatientMatchView(APIView):
    @document_operation("match_patients", Permission.MATCH_PATIENTS, CandidatesSerializer, body=DemographicsSerializer)
    @inject
    def post(
        self,
        request: Request,
        match: Annotated[use_cases.MatchPatients, Provide["match_patients"]],
        clock: TheClock,
    ) -> HttpResponse:
        """Find the patients who may be a person.

        Takes any members of a registration, none of which is required, and stores nothing. A person is found by an
        identifier, an email, a phone number, a full date of birth, both names, or an address. Read-only members of a
        record are ignored.
        """
        details, errors = read_body_collecting(request, PatientSerializer, ignore_read_only=True)
        with errors.field("status"):  # nobody is found by it, and that of a merged record cannot be set
            parse_enum(details.pop("status", Status.ACTIVE), Status)
        found = match(actor=actor(request), errors=errors, **cast("Changes", details))
        today = clock.today()
        results = [candidate_json(candidate, today) for candidate in found.found]
        return document({"results": results, "cut_keys": [kind.value for kind in found.cut_keys]})
