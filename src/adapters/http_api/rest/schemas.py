from rest_framework import serializers

from core.matching.weights import Agreement, Field

ACTOR = "`user:<id>`, `service:<name>` or `system:<job>`."
ACTOR_EXAMPLE = "user:019c13d1-7e40-7000-8000-000000000002"
ACTOR_NAME = "The email of a user, null without the permission `users.manage`; or the name of the service or script."
CREATED_AT = "When the record was created."
REQUEST_ID = "The `X-Request-ID` of the request, which the logs have too."
REQUEST_ID_EXAMPLE = "0f5c1d2e-77f4-4a57-9c07-3d4f0b6a8f11"
RECORD_ID = "The id of the record."
MAX_VERSION = 2_147_483_647
VERSION = "1 for a new record; each change adds 1."


class PageSerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The address of the next page; null on the last page.")
    next_cursor = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page; null on the last.")


class FieldErrorSerializer(serializers.Serializer):
    field = serializers.CharField(help_text="The member, parameter or header; empty for the body as a whole.")
    code = serializers.CharField(help_text="The rule, for programs; stable.")
    message = serializers.CharField(help_text="The rule, for people.")


class EvidenceSerializer(serializers.Serializer):
    field = serializers.ChoiceField(list(Field), help_text="What was compared.")
    agreement = serializers.ChoiceField(list(Agreement), help_text="How far the two agree.")
    weight = serializers.FloatField(
        help_text="In bits: positive if it speaks for one person, negative if for two.", initial=6.64
    )


class DuplicateSerializer(serializers.Serializer):
    patient_id = serializers.UUIDField(help_text="The patient who certainly is this person.")
    probability = serializers.FloatField(min_value=0, max_value=1, help_text="How likely it is the same person.")
    explanation = EvidenceSerializer(many=True, help_text="What the probability is based on.")


class ProblemSerializer(serializers.Serializer):
    """An error (RFC 9457)."""

    type = serializers.CharField(help_text="The kind of problem, for programs; stable.")
    title = serializers.CharField(help_text="The kind of problem, for people.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    detail = serializers.CharField(help_text="What went wrong, for people.")
    instance = serializers.CharField(help_text="The path of the request.")
    request_id = serializers.CharField(help_text=REQUEST_ID)
    errors = FieldErrorSerializer(  # type: ignore[assignment]  # the member's name
        many=True, required=False, help_text="Each field that is not valid, with its rule."
    )
    more_errors = serializers.IntegerField(required=False, help_text="The number of errors that `errors` leaves out.")
    patient_id = serializers.UUIDField(
        required=False,
        help_text="The patient who has the email, external id or identifier already, or the record was merged into.",
    )
    candidates = DuplicateSerializer(
        many=True,
        required=False,
        help_text="The patients who certainly are the person of a registration, by falling probability.",
    )
    restart = serializers.URLField(required=False, help_text="The address of the change feed's first page.")
