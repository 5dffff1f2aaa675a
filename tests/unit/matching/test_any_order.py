"""Patients are registered, edited, synced, merged, separated and erased in any order: no value is lost, every id leads
to a patient, and undoing the last merge restores both records exactly."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from bootstrap import Configuration, in_memory_registry
from core.errors import Conflict, NotFound, ValidationError
from core.matching.entities import Merge
from core.matching.merging import FIELDS, Source
from core.matching.scoring import Thresholds
from core.patients.entities import Patient
from core.patients.fields import FieldJson
from core.patients.search import Filters
from core.patients.values import Status
from tests.fakes import ADMIN, CLERK, ScriptedGateway, StillClock, anything, details, equip

CONFIGURATION = Configuration(secret_keys=("k" * 50,), match_thresholds=Thresholds(certain=2))
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "first_name": st.sampled_from(["Ada", "Augusta", None]),
        "last_name": st.sampled_from(["Byron", "King", None]),
        "phone": st.sampled_from(["+12015550123", "+12015550124", None]),
        "email": st.sampled_from([f"{n}@example.org" for n in range(4)]) | st.none(),
        "email_shared": st.booleans(),
        "date_of_birth": st.sampled_from(["1985-12-10", "1985", None]),
        "deceased": st.sampled_from([True, False, "2020-01-01", "1980"]),
        "identifiers": st.lists(
            st.sampled_from([{"system": "mrn", "value": str(n)} for n in range(4)]), max_size=2, unique_by=str
        ),
        "other_phones": st.lists(
            st.sampled_from([{"use": "work", "value": f"+1201555013{n}"} for n in range(3)]), max_size=2, unique_by=str
        ),
        "status": st.sampled_from(["active", "inactive"]),
        "external_id": st.sampled_from(["x1", "x2", None]),
    },
)
CHOICES = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(list(Source)), max_size=4)


class AnyOrder(RuleBasedStateMachine):
    ids = Bundle("ids")
    merges = Bundle("merges")

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.gateway = StillClock(), ScriptedGateway()
        self.registry = equip(in_memory_registry(CONFIGURATION), self.clock, self.gateway)
        self.frozen: dict[UUID, dict[str, FieldJson]] = {}  # the values of merged records

    def record(self, patient_id: UUID) -> Patient:
        return self.registry.view_patient()(actor=CLERK, patient_id=patient_id)

    def records(self) -> list[Patient]:
        return list(self.registry.export_patients()(actor=CLERK))

    @rule(target=ids, changes=CHANGES)
    def register(self, changes: dict[str, object]) -> object:
        self.clock.at += timedelta(milliseconds=1)
        try:
            return self.registry.register_patient()(actor=CLERK, **details(**{"email": None} | changes)).id
        except (Conflict, ValidationError):
            return multiple()

    @rule(patient_id=ids, changes=CHANGES)
    def edit(self, patient_id: UUID, changes: dict[str, object]) -> None:
        with suppress(Conflict, NotFound, ValidationError):
            self.registry.update_patient()(actor=CLERK, patient_id=patient_id, **anything(**changes))

    @rule(patient_id=ids, phone=st.sampled_from(["+12015550177", "+12015550178"]), name=st.sampled_from(["Ada", "Eve"]))
    def sync(self, patient_id: UUID, phone: str, name: str) -> None:
        self.clock.at += timedelta(seconds=1)
        self.gateway.answer = {"phone": phone, "first_name": name}
        with suppress(Conflict, NotFound):
            self.registry.sync_patient()(actor=CLERK, patient_id=patient_id)

    @rule(target=merges, survivor=ids, other=ids, choices=CHOICES)
    def merge(self, survivor: UUID, other: UUID, choices: dict[str, Source]) -> object:
        try:
            before = {one: self.record(one) for one in (survivor, other)}
            result = self.registry.merge_patients()(actor=CLERK, patient_id=survivor, other_id=other, choices=choices)
        except (Conflict, NotFound, ValidationError):
            return multiple()
        assert result.merge
        self.frozen[other] = before[other].to_json()
        return result.merge

    @rule(survivor=ids, other=ids, choices=CHOICES)
    def merge_and_undo(self, survivor: UUID, other: UUID, choices: dict[str, Source]) -> None:
        before = {one.id: (one.to_json(), one.merged_into) for one in self.records()}
        merged = self.merge(survivor, other, choices)
        if isinstance(merged, Merge):
            self.registry.undo_merge()(actor=CLERK, merge_id=merged.id)
            del self.frozen[other]
            assert {one.id: (one.to_json(), one.merged_into) for one in self.records()} == before

    @rule(merge=consumes(merges))
    def undo(self, merge: Merge) -> None:
        try:
            undone = self.registry.undo_merge()(actor=CLERK, merge_id=merge.id)
        except (Conflict, NotFound):
            return
        assert undone.other.to_json() == self.frozen.pop(merge.other_id)

    @rule(patient_id=consumes(ids))
    def erase(self, patient_id: UUID) -> None:
        try:
            self.registry.erase_patient()(actor=ADMIN, patient_id=patient_id)
        except (Conflict, NotFound):
            return
        self.frozen = {one: values for one, values in self.frozen.items() if any(r.id == one for r in self.records())}

    @invariant()
    def every_id_leads_to_a_patient_who_has_all_that_the_record_had(self) -> None:
        for record in self.records():
            if record.merged_into is None:
                assert record.status is not Status.MERGED
                continue
            assert self.record(record.merged_into).merged_into is None
            assert {**record.to_json(), "status": self.frozen[record.id]["status"]} == self.frozen[record.id]
            filters: list[Filters] = [{"q": record.full_name}]
            if record.email:
                filters.append({"email": record.email})
            if record.external_id:
                filters.append({"external_id": record.external_id})
            for given in filters:
                found = self.registry.search_patients()(actor=CLERK, **given).patients
                assert record.merged_into in {one.id for one in found}

    @invariant()
    def unique_values_lead_to_one_patient(self) -> None:
        owners: dict[object, UUID] = {}
        for record in self.records():
            owner = record.merged_into or record.id
            values = [record.external_id, None if record.email_shared else record.email, *record.identifiers]
            for value in filter(None, values):
                assert owners.setdefault(value, owner) == owner


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(stateful_step_count=25)
