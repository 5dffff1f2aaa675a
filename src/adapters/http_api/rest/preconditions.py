"""Entity tags, and the preconditions of RFC 9110 that name them.

A tag is `"{version}-{shown}-{digest}"`. `shown` is a digest of the body, which differs by who reads it and by what is
counted beside the record; `digest` is one of the record's state and of `shown`. So a change can be made with the tag of
any body that the registry gave of the record as it is, and with no other.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Protocol
from uuid import UUID

import orjson
from attrs import frozen
from django.utils.http import parse_etags
from rest_framework.request import Request

from core.errors import FieldError, ValidationError, VersionMismatch

_TAG = re.compile(r'"[0-9]{1,9}-([0-9a-f]{16})-[0-9a-f]{16}"')
_ANY = ("*",)


class PreconditionFailed(VersionMismatch):
    kind = "precondition-failed"
    message = "A condition in the request's headers does not hold."


class Record(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...
    @property
    def updated_at(self) -> datetime: ...


def entity_tag(record: Record, body: bytes) -> str:
    return _tag(record, blake2b(body, digest_size=8).hexdigest())


def _tag(record: Record, shown: str) -> str:
    state = orjson.dumps([record.id, record.version, record.updated_at, shown], option=orjson.OPT_UTC_Z)
    return f'"{record.version}-{shown}-{blake2b(state, digest_size=8).hexdigest()}"'


def _is_of(record: Record, tag: str) -> bool:
    parts = _TAG.fullmatch(tag)
    return parts is not None and _tag(record, parts[1]) == tag


@frozen
class Preconditions:
    """The tags in `If-Match` and `If-None-Match`, `*` among them; None for a header that was not sent."""

    match: tuple[str, ...] | None
    none_match: tuple[str, ...] | None

    @classmethod
    def of(cls, request: Request) -> "Preconditions":
        """Raises `ValidationError`."""
        return cls(_tags(request, "If-Match"), _tags(request, "If-None-Match"))

    def check(self, record: Record) -> None:
        """Before a change of `record`. Raises `VersionMismatch`, `PreconditionFailed`."""
        if self.match not in (None, _ANY) and not _one_of(record, self.match or ()):
            raise VersionMismatch
        if self.none_match == _ANY or _one_of(record, _weak(self.none_match or ())):
            raise PreconditionFailed("The record is one that If-None-Match excludes.")

    def check_untagged(self, *, exists: bool) -> None:
        """Before a change at an address without entity tags. Raises `PreconditionFailed`."""
        if self.match is not None and not (exists and self.match == _ANY):
            raise PreconditionFailed("Nothing at this address has an entity tag that If-Match could name.")
        if exists and self.none_match == _ANY:
            raise PreconditionFailed("There is something at this address, which If-None-Match excludes.")


def check_read(request: Request, tag: str) -> None:
    """`If-Match` alone: `CompressionMiddleware` judges the other. Raises `VersionMismatch`."""
    wanted = parse_etags(request.headers.get("If-Match", ""))
    if wanted and wanted != ["*"] and tag not in wanted:
        raise VersionMismatch


def _tags(request: Request, name: str) -> tuple[str, ...] | None:
    header = request.headers.get(name)
    if header is None:
        return None
    tags = tuple(parse_etags(header))
    if not tags:
        raise ValidationError(
            [FieldError(name, "invalid", 'Must be entity tags in quotes, each as it was read, such as "3-0f…-8a…".')]
        )
    return tags


def _one_of(record: Record, tags: Iterable[str]) -> bool:
    return any(_is_of(record, tag) for tag in tags)


def _weak(tags: Iterable[str]) -> list[str]:
    """To be compared as if none were weak."""
    return [tag.removeprefix("W/") for tag in tags]


def check_untagged(request: Request) -> None:
    """Before a change at an address without entity tags. Views of records that have them are marked as `tagged`, and
    check for themselves. Raises `ValidationError`, `PreconditionFailed`."""
    view = request.parser_context["view"]
    if not getattr(view, "tagged", False):
        Preconditions.of(request).check_untagged(exists=hasattr(view, "get"))
