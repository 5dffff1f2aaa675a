from rest_framework import serializers


class PageSerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="Ask for this as you asked for this page; null at the end.")
    next_cursor = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page; null at the end.")


class FieldErrorSerializer(serializers.Serializer):
    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """RFC 9457. `type` names the kind of problem and is stable."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    request_id = serializers.CharField()
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment]  # the member's name
    more_errors = serializers.IntegerField(required=False, help_text="How many there are besides those in `errors`.")
    patient_id = serializers.UUIDField(required=False, help_text="Who already has the email.")
    restart = serializers.URLField(required=False, help_text="Where to follow the changes from their beginning.")
