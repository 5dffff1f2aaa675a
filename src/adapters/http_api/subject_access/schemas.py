from rest_framework import serializers


class _Items(serializers.ListField):
    child = serializers.DictField()


class SubjectAccessSerializer(serializers.Serializer):
    exported_at = serializers.DateTimeField(help_text="When it was read.")
    patient = serializers.DictField(help_text="The record.", initial={"first_name": "Ada"})
    merged_records = _Items(help_text="The records that were merged into it.", initial=[{"first_name": "Augusta"}])
    upstream = _Items(help_text="What upstream sent last, for each record.", initial=[{"external_id": "42"}])
    history = _Items(
        help_text="Every change of these records, newest first, with the values before and after.",
        initial=[{"version": 1, "action": "registered", "actor_name": "grace@clinic.example"}],
    )
    merges = _Items(help_text="Merges, undone ones too.", initial=[{"actor_name": "grace@clinic.example"}])
    possible_duplicates = _Items(
        help_text="The pairs that the records are or were in, with the decision.", initial=[{"state": "different"}]
    )
    accesses = _Items(
        help_text="Who saw these records, newest first. Lists of more than 20 patients are not among them.",
        initial=[{"action": "patient_viewed", "actor_name": "grace@clinic.example"}],
    )
    exports_of_all_patients = _Items(
        help_text="Who has exported all patients since the record was created.",
        initial=[{"action": "export_started", "actor_name": "lab-import"}],
    )
