"""Each JSON function returns the members that its serializer declares."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.test import APIRequestFactory

from adapters.http_api.accounts import password_reset_schemas as resets
from adapters.http_api.accounts import schemas as accounts
from adapters.http_api.accounts import service_account_schemas as service_accounts
from adapters.http_api.audit import schemas as audit
from adapters.http_api.imports import schemas as imports
from adapters.http_api.patients import record
from adapters.http_api.patients import schemas as patients
from adapters.http_api.posts import schemas as posts
from adapters.http_api.rest.bodies import names
from adapters.http_api.sync import schemas as sync
from adapters.http_api.undo import schemas as undo
from adapters.http_api.upstreams import schemas as upstreams
from core.access import Actor, Role
from core.access_log.entities import AccessEntry
from core.accounts.audit import AccountEvent
from core.accounts.entities import User
from core.accounts.password_resets import PasswordReset
from core.accounts.service_accounts import ServiceAccount
from core.accounts.service_keys import ServiceKey
from core.accounts.sessions import Principal, RefreshFamily, TokenPair
from core.files import FileFormat
from core.imports.entities import ImportOptions
from core.jobs.entities import Job
from core.patients.audit import AuditEvent, ChangeEntry
from core.patients.dates import PartialDate, first_of
from core.patients.demographics import Address, Contact, OtherName, OtherPhone
from core.patients.entities import Patient, to_json
from core.patients.use_cases.swap import SwappedPatients
from core.patients.values import Identifier
from core.posts.entities import Comment, Post
from core.sync.change_limits import HeldChange
from core.sync.entities import SYNCABLE, SyncJobResult, SyncScope
from core.sync.merge import SyncResult
from core.undo.entities import UndoOptions, UndoResult
from core.upstreams.entities import UpstreamReport, UpstreamStatus

TODAY = date(2026, 11, 26)
NAMES: dict[str, str | None] = defaultdict(str)
REQUEST = Request(APIRequestFactory().get("/"))
IMPORT = ImportOptions(FileFormat.CSV, "digest").to_json()
SYNC = SyncScope(SYNCABLE).options
ME = Principal(
    ServiceAccount(
        id=UUID(int=1), name="lab", role=Role.READER, is_active=True, created_at=datetime(2026, 11, 27, tzinfo=UTC)
    ),
    Actor.anonymous(""),
)
UNDO = UndoOptions(UUID(int=1)).to_json()


st.register_type_strategy(PartialDate, st.dates().map(first_of))


def signed_in(user: User) -> Principal:
    return Principal(user, Actor.user(user.id, Role.READER, "request"))


def members(value: object) -> dict[str, object]:
    (item,) = cast("list[dict[str, object]]", to_json((value,)))
    return item


PAIRS: list[tuple[type[Serializer[Any]], type, Callable[[Any], dict[str, object]]]] = [
    (accounts.TokenPairSerializer, TokenPair, accounts.token_pair_json),
    (accounts.SessionSerializer, RefreshFamily, lambda session: accounts.session_json(session, ME)),
    (accounts.MeSerializer, User, lambda user: accounts.me_json(signed_in(user))),
    (resets.PasswordResetSerializer, PasswordReset, lambda one: resets.password_reset_json(one, "", "")),
    (accounts.UserSerializer, User, accounts.user_json),
    (accounts.AccountEventSerializer, AccountEvent, lambda event: accounts.account_event_json(event, NAMES)),
    (service_accounts.ServiceAccountSerializer, ServiceAccount, service_accounts.service_account_json),
    (service_accounts.KeySerializer, ServiceKey, service_accounts.key_json),
    (audit.AccessEntrySerializer, AccessEntry, lambda entry: audit.access_json(entry, NAMES)),
    (
        audit.AuditEventSerializer,
        AuditEvent,
        lambda event: audit.audit_event_json(evolve(event, values=None), NAMES, {}),
    ),
    (imports.ImportSerializer, Job, lambda job: imports.import_json(REQUEST, evolve(job, options=IMPORT), NAMES)),
    (record.IdentifierSerializer, Identifier, members),
    (record.OtherNameSerializer, OtherName, members),
    (record.OtherPhoneSerializer, OtherPhone, members),
    (record.AddressSerializer, Address, members),
    (record.ContactSerializer, Contact, members),
    (record.PatientSerializer, Patient, lambda patient: record.patient_json(patient, TODAY)),
    (patients.EventSerializer, AuditEvent, lambda event: patients.event_json(evolve(event, values=None), NAMES)),
    (patients.PatientChangeSerializer, ChangeEntry, lambda change: patients.change_json(change, NAMES)),
    (patients.SwappedPatientsSerializer, SwappedPatients, lambda swapped: patients.swapped_json(swapped, TODAY)),
    (posts.PostSerializer, Post, lambda post: posts.post_json(REQUEST, post)),
    (posts.CommentSerializer, Comment, lambda comment: posts.comment_json(REQUEST, comment)),
    (sync.SyncSerializer, SyncResult, lambda result: sync.sync_json(result, TODAY)),
    (sync.SyncJobSerializer, Job, lambda job: sync.sync_job_json(evolve(job, options=SYNC), NAMES)),
    (sync.HeldChangeSerializer, HeldChange, sync.held_change_json),
    (undo.UndoJobSerializer, Job, lambda job: undo.undo_job_json(evolve(job, options=UNDO), NAMES)),
    (undo.UndoFailureSerializer, UndoResult, undo.undo_failure_json),
    (sync.SyncFailureSerializer, SyncJobResult, sync.sync_failure_json),
    (upstreams.UpstreamSerializer, UpstreamStatus, lambda status: upstreams.upstream_json(status, NAMES)),
    (upstreams.UpstreamProcessSerializer, UpstreamReport, upstreams.upstream_process_json),
]


@pytest.mark.parametrize(("shape", "entity", "to_json"), PAIRS, ids=lambda part: getattr(part, "__name__", ""))
@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_json_has_the_members_of_its_serializer(
    shape: type[Serializer[Any]], entity: type, to_json: Callable[[Any], dict[str, object]], data: st.DataObject
) -> None:
    members = to_json(data.draw(st.from_type(entity)))
    assert members.keys() == names(shape).keys()
    for name, field in shape().get_fields().items():
        nested = members[name]
        if isinstance(field, Serializer) and isinstance(nested, dict):
            assert nested.keys() == field.get_fields().keys(), name


def test_every_json_function_is_compared_with_its_serializer() -> None:
    modules = [accounts, audit, resets, service_accounts, imports, patients, record, posts, sync, undo, upstreams]
    functions = {name for module in modules for name in vars(module) if name.endswith("_json")}
    assert len([to_json for *_, to_json in PAIRS if to_json is not members]) == len(functions - {"job_json", "to_json"})
