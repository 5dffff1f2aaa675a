"""Examples for the OpenAPI schema. A field's `initial` is its example."""

from collections.abc import Mapping
from typing import Any, cast

from rest_framework import serializers
from rest_framework.fields import Field
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

ID = "019c13d1-7e40-7000-8000-000000000001"
_BY_TYPE: Mapping[type[Field], object] = {
    serializers.UUIDField: ID,
    serializers.DateTimeField: "2026-11-26T07:45:00Z",
    serializers.DateField: "1985-12-10",
    serializers.BooleanField: False,
    serializers.IntegerField: 1,
    serializers.FloatField: 0.5,
    serializers.FileField: "first_name,last_name,email,date_of_birth\nAda,Lovelace,ada@example.org,1985-12-10\n",
}


def example_of(shape: type[BaseSerializer[Any]] | Field, *, request: bool = False) -> object:
    """Of a request, the members that are required or have an example; of a merge patch, the first one."""
    field = shape() if isinstance(shape, type) else shape
    if isinstance(field, Serializer):
        members = {
            name: member
            for name, member in field.get_fields().items()
            if not request or (not member.read_only and (member.required or member.initial))
        }
        names = list(members)[:1] if request and field.partial else members
        return {name: example_of(members[name], request=request) for name in names}
    if field.initial or field.allow_null:
        return field.initial or None
    if isinstance(field, ListSerializer | serializers.ListField):
        return [example_of(cast("Field", field.child), request=request)]
    if isinstance(field, serializers.ChoiceField):
        return next(iter(field.choices))
    return next(example for kind, example in _BY_TYPE.items() if isinstance(field, kind))
