"""What to do when somebody else changed the record that a form was filled in for."""

from collections.abc import Iterable, Mapping

from attrs import frozen

from adapters.web.console.words import label, lines_of
from core.patients.audit import AuditEvent
from core.patients.entities import Patient
from core.patients.fields import FieldJson
from core.sync.merge import merge

Json = Mapping[str, FieldJson]


@frozen
class Clash:
    """A field that both changed, each in another way. The lines of both."""

    label: str
    theirs: list[str]
    yours: list[str]


@frozen
class MergedForm:
    """`record` has what was typed, and what others changed of the other fields, named in `taken_over`."""

    record: Json
    clashes: list[Clash]
    taken_over: list[str]


def merge_typed(typed: Json, version: int, current: Patient, events: Iterable[AuditEvent]) -> MergedForm:
    """Three ways, as a sync does: `version` is the one that the form was made of, `events` are the changes since,
    newest first."""
    theirs = current.to_json()
    base = dict(theirs)
    for event in events:
        if event.version > version and event.values:
            base |= {name: value for name, value in event.values.before.items() if name in base}
    yours = base | dict(typed)
    merged = merge(yours, base, theirs)
    return MergedForm(
        {**yours, **{name: theirs[name] for name in merged.changes}},
        [Clash(label(name), lines_of(name, theirs[name]), lines_of(name, yours[name])) for name in merged.conflicts],
        [label(name) for name in merged.changes],
    )
