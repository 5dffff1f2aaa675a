"""What the API takes and gives, for its schema and for the names it accepts. Whether a value is right,
the core decides: for scripts and upstream as much as for the API.
"""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.patients.audit import Action
from core.patients.searching import LONGEST_QUERY, MAX_IDS, Sort
from core.patients.upstream import Outcome
from core.patients.values import MOST_IDENTIFIERS, Sex, Status
from core.posts.entities import LONGEST_COMMENT, LONGEST_CONTENT, LONGEST_TITLE
from core.values import DEFAULT_PER_PAGE, MOST_PER_PAGE

ACTOR_NAME = "A user's email, null unless you may see users; or the name of the service or script."


class IdentifierSerializer(serializers.Serializer):
    system = serializers.CharField(max_length=200, help_text="The authority that gave the number.")
    value = serializers.CharField(max_length=100)


class RegistrationSerializer(serializers.Serializer):
    first_name = serializers.CharField(max_length=100)
    last_name = serializers.CharField(max_length=100)
    email = serializers.EmailField(max_length=254, help_text="Unique; stored in lower case.")
    date_of_birth = serializers.DateField(help_text="Not in the future, not more than 130 years ago.")
    phone = serializers.CharField(allow_null=True, required=False, help_text="Stored as E.164; may be shared.")
    sex = serializers.ChoiceField(list(Sex), required=False, help_text="Administrative; unknown unless given.")
    identifiers = serializers.ListField(child=IdentifierSerializer(), required=False, max_length=MOST_IDENTIFIERS)
    external_id = serializers.CharField(
        max_length=200,
        allow_null=True,
        required=False,
        help_text="The id that upstream knows; null where it is unknown.",
    )
    status = serializers.ChoiceField(list(Status), required=False, help_text="active unless given.")


class PatientSerializer(RegistrationSerializer):
    id = serializers.UUIDField(read_only=True)
    full_name = serializers.CharField(read_only=True)
    age = serializers.IntegerField(read_only=True, min_value=0, help_text="In whole years, today.")
    version = serializers.IntegerField(read_only=True, min_value=1, help_text="Counts up at each change.")
    last_synced_at = serializers.DateTimeField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class FiltersSerializer(serializers.Serializer):
    """All filters given hold for each patient found."""

    q = serializers.CharField(
        max_length=LONGEST_QUERY,
        required=False,
        help_text="Words that each begin something of the patient: a word of the name, the phone number, the email, an "
        "identifier (its value, or system|value), the external id, or the date of birth. At least four digits may also "
        "be the last of the phone number.",
    )
    status = serializers.ChoiceField(list(Status), required=False)
    sex = serializers.ChoiceField(list(Sex), required=False)
    email = serializers.CharField(required=False)
    phone = serializers.CharField(required=False)
    date_of_birth = serializers.DateField(required=False)
    born_after = serializers.DateField(required=False, help_text="Later than this day.")
    born_before = serializers.DateField(required=False, help_text="Earlier than this day.")
    identifier = serializers.CharField(
        required=False, help_text="system|value, or a value alone: then it may be of any system."
    )
    external_id = serializers.CharField(required=False)
    created_after = serializers.DateTimeField(required=False, help_text="Later than this instant.")
    created_before = serializers.DateTimeField(required=False, help_text="Earlier than this instant.")
    updated_after = serializers.DateTimeField(
        required=False, help_text="Registered or changed later than this instant."
    )
    sort = serializers.ChoiceField(
        list(Sort), required=False, help_text="-created_at unless given: newest first. Names by last name, then first."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST_PER_PAGE, required=False, help_text=f"{DEFAULT_PER_PAGE} unless given."
    )
    count = serializers.BooleanField(required=False, help_text="Also count what is found, to 10,000 and no further.")


class SearchSerializer(FiltersSerializer):
    ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=MAX_IDS, required=False, help_text="Those of them that are there."
    )
    fields = serializers.ListField(  # type: ignore[assignment]  # the member's name
        child=serializers.ChoiceField(list(PatientSerializer().get_fields())),
        min_length=1,
        required=False,
        help_text="Give these members of each patient and no others.",
    )
    cursor = serializers.CharField(
        required=False, help_text="`next_cursor` of the page before. Give it here or in the address, not in both."
    )


class PageSerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="Ask for this as you asked for this page; null at the end.")
    next_cursor = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page; null at the end.")


class ListedPatientSerializer(PatientSerializer):
    """Every member is there unless `fields` left it out."""

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for field in fields.values():
            field.read_only, field.required = False, False
        return fields


class PatientPageSerializer(PageSerializer):
    results = ListedPatientSerializer(many=True)
    count = serializers.IntegerField(required=False, help_text="Given when it was asked for.")
    count_capped = serializers.BooleanField(required=False, help_text="There are more than `count`.")


class SyncSerializer(serializers.Serializer):
    message = serializers.CharField()
    outcome = serializers.ChoiceField(list(Outcome))
    stale = serializers.BooleanField(help_text="Upstream did not answer: this is the record as it stands.")
    fetched_at = serializers.DateTimeField(help_text="When upstream gave what the record rests on.")
    age_seconds = serializers.IntegerField(min_value=0, help_text="How long ago that is.")
    conflicts = serializers.ListField(
        child=serializers.CharField(), help_text="Fields that both sides changed; ours were kept."
    )
    patient = PatientSerializer()


class ChangeSerializer(serializers.Serializer):
    before = serializers.JSONField()
    after = serializers.JSONField()


@extend_schema_field(serializers.DictField(child=ChangeSerializer()), component_name="Changes")
class ChangesField(serializers.DictField):
    """By field."""


class EventSerializer(serializers.Serializer):
    version = serializers.IntegerField(min_value=1)
    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="user:<id> or system:<job>")
    actor_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME)
    request_id = serializers.CharField()
    action = serializers.ChoiceField(list(Action))
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # the member's name
    changes = ChangesField(allow_null=True, help_text="null once the patient is erased.")
    digest = serializers.CharField(help_text="SHA-256 over a salt and the values; stays when they are erased.")


class HistorySerializer(PageSerializer):
    results = EventSerializer(many=True)


class DraftSerializer(serializers.Serializer):
    title = serializers.CharField(max_length=LONGEST_TITLE, help_text="Unique: the address is made from it.")
    content = serializers.CharField(max_length=LONGEST_CONTENT, help_text="Markdown.")


class PostSerializer(DraftSerializer):
    id = serializers.UUIDField(read_only=True)
    slug = serializers.CharField(read_only=True, help_text="The last part of its address; stays when it is edited.")
    author = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="user:<id>, service:<name> or system:<job>; null for whoever is not signed in.",
    )
    published = serializers.BooleanField(read_only=True)
    published_at = serializers.DateTimeField(read_only=True, allow_null=True)
    view_count = serializers.IntegerField(read_only=True, min_value=0, help_text="Follows some seconds later.")
    comment_count = serializers.IntegerField(read_only=True, min_value=0)
    version = serializers.IntegerField(read_only=True, min_value=1, help_text="Counts up at each change.")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class PostPageSerializer(PageSerializer):
    results = PostSerializer(many=True)


class PublishedSerializer(serializers.Serializer):
    status = serializers.ChoiceField(["published"])


class CommentSerializer(serializers.Serializer):
    content = serializers.CharField(max_length=LONGEST_COMMENT)
    id = serializers.UUIDField(read_only=True)
    author = serializers.CharField(
        read_only=True, allow_null=True, help_text="user:<id> or service:<name>; null for whoever is not signed in."
    )
    created_at = serializers.DateTimeField(read_only=True)


class CommentPageSerializer(PageSerializer):
    results = CommentSerializer(many=True)


class FaultSerializer(serializers.Serializer):
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
    errors = FaultSerializer(many=True, required=False)  # type: ignore[assignment]  # the member's name
    more_errors = serializers.IntegerField(required=False, help_text="How many there are besides those in `errors`.")
    patient_id = serializers.UUIDField(required=False, help_text="Who already has the email.")
    restart = serializers.URLField(required=False, help_text="Where to follow the changes from their beginning.")
