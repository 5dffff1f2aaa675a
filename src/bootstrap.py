"""The composition root: the one place that knows which adapter stands behind which port.

from bootstrap import in_memory_registry

registry = in_memory_registry()
patient = registry.register_patient()(actor=Actor.system("my-script"), first_name=…)
"""

from collections import abc
from datetime import timedelta
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from attrs import Attribute, Factory, field, frozen
from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Callable, Dependency, Dict, Object, Provider
from dependency_injector.providers import ThreadSafeSingleton as Singleton
from phonenumbers import SUPPORTED_REGIONS

from adapters.breached_passwords import BreachedPasswordsFile
from adapters.buffered.access_log import BufferedAccessLog
from adapters.buffered.view_counter import BufferedViewCounter
from adapters.clock import SystemClock
from adapters.concurrency_limiter import InProcessConcurrencyLimiter
from adapters.external.auth.credentials import BearerToken, CredentialsFactory
from adapters.external.client import UpstreamClient
from adapters.external.managed import ManagedUpstream, NoUpstreams
from adapters.external.patients import HttpPatientGateway, UnconfiguredGateway
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.external.transport.tls import ClientCertificate
from adapters.ids import TimeOrderedIdGenerator
from adapters.in_memory.access_log import InMemoryAccessLog
from adapters.in_memory.accounts import (
    InMemoryAccountTrail,
    InMemoryPasswordResetRepository,
    InMemoryRefreshFamilyRepository,
    InMemoryServiceAccountRepository,
    InMemorySignInHistory,
    InMemoryUserRepository,
    NoBreachedPasswords,
)
from adapters.in_memory.audit import InMemoryAuditSearch, InMemoryHistories
from adapters.in_memory.backups import NoStoreCopies
from adapters.in_memory.cache import InMemoryCache, NoRateLimiter
from adapters.in_memory.change_feed import InMemoryChangeFeed
from adapters.in_memory.erasures import InMemoryErasureLedger, NoErasureLedger
from adapters.in_memory.idempotency import InMemoryStoredAnswers
from adapters.in_memory.imports import InMemoryImportFiles, InMemoryImportRejects, InMemoryUploads
from adapters.in_memory.jobs import InMemoryChunkRepository, InMemoryJobRepository, InMemorySchedule
from adapters.in_memory.matching import InMemoryBlockingKeys, InMemoryDuplicatePairs, InMemoryMergeRepository
from adapters.in_memory.overview import InMemoryRegistryCounts
from adapters.in_memory.patients import InMemoryAuditTrail, InMemoryPatientRepository
from adapters.in_memory.posts import InMemoryCommentRepository, InMemoryPostRepository, InMemoryViewCounter
from adapters.in_memory.store import InMemoryAtomic, Store
from adapters.in_memory.sync import InMemoryHeldChanges, InMemorySyncJobResults, InMemoryUpstreamSnapshots
from adapters.in_memory.undo import InMemoryUndoResults
from adapters.in_memory.upstreams import InMemoryUpstreamOverrides, InMemoryUpstreamReports
from adapters.job_requesters import AccountRequesters
from adapters.jwt_tokens import JwtTokenService, SigningKey
from adapters.spreadsheets.calamine import CalamineSpreadsheets
from adapters.tasks.daily_purge import DailyPurge, Purge
from adapters.tasks.in_process import InProcessQueue, InProcessWorker
from adapters.telemetry import metrics, trace_context
from adapters.telemetry.logging import use_standard_logging
from adapters.telemetry.observed import observed
from core.access_log import use_cases as access_log_
from core.access_log.ports import AccessLog, AccessLogEntries
from core.access_log.services.recorder import AccessRecorder
from core.accounts import use_cases as accounts_
from core.accounts.ports import (
    AccountTrail,
    BreachedPasswords,
    PasswordResetRepository,
    RefreshFamilyRepository,
    ServiceAccountRepository,
    SignInHistory,
    TokenService,
    UserRepository,
)
from core.accounts.services.actor_names import ActorNames
from core.accounts.services.password_policy import PasswordPolicy
from core.accounts.services.password_setter import PasswordSetter
from core.accounts.services.password_verifier import PasswordVerifier
from core.accounts.services.recorder import AccountRecorder
from core.accounts.services.session_starter import SessionStarter
from core.accounts.sessions import TokenLifetimes
from core.audit import use_cases as audit_
from core.audit.ports import AuditSearch, Histories
from core.backups import use_cases as backups_
from core.backups.ports import StoreCopies
from core.files.ports import Spreadsheets
from core.idempotency import use_cases as idempotency_
from core.idempotency.ports import StoredAnswers
from core.imports import use_cases as imports_
from core.imports.ports import ImportFiles, ImportRejects, PatientsForImport, Uploads
from core.imports.services.bulk_registrar import BulkRegistrar
from core.imports.services.job_runner import ImportJobRunner
from core.imports.services.rejected_rows import RejectedRows
from core.imports.services.row_importer import RowImporter
from core.jobs import use_cases as jobs_
from core.jobs.entities import JobKind
from core.jobs.ports import ChunkRepository, JobQueue, JobRepository, JobRequesters, Schedule
from core.jobs.services.leases import LeaseManager
from core.jobs.services.starter import JobStarter
from core.matching import use_cases as matching_
from core.matching.ports import BlockingKeys, DuplicatePairs, MergeRepository, PatientsForMatching, UpstreamValues
from core.matching.scoring import DEFAULT_THRESHOLDS, Thresholds
from core.matching.services.candidates import CandidateFinder
from core.matching.services.duplicates import DuplicateQueue
from core.matching.services.scan_runner import ScanRunner
from core.matching.services.undone_merges import UndoneMerges
from core.overview import use_cases as overview_
from core.overview.ports import RegistryCounts
from core.patients import use_cases as patients_
from core.patients.identifier_systems import DEFAULT_SYSTEMS, IdentifierSystems
from core.patients.ports import (
    AuditTrail,
    ChangeFeed,
    ErasedPatients,
    ErasureLedger,
    MergedRecords,
    PatientListing,
    PatientRepository,
    PatientsById,
    PatientSearch,
)
from core.patients.services.eraser import Eraser
from core.patients.services.recorder import PatientRecorder
from core.patients.services.rules import CurrentRules
from core.ports import Atomic, Cache, Clock, ConcurrencyLimiter, IdGenerator, RateLimit, RateLimiter, RateLimitScope
from core.posts import use_cases as posts_
from core.posts.ports import CommentRepository, PostRepository, ViewCounter
from core.posts.services.public_posts import PublicPosts
from core.seals import Sealer
from core.subject_access import use_cases as subject_access_
from core.subject_access.services.sections import Sections
from core.sync import use_cases as sync_
from core.sync.change_limits import DEFAULT_LIMITS, ChangeLimits
from core.sync.merge import FIELDS
from core.sync.ports import HeldChanges, PatientGateway, PatientsForSync, SyncJobResults, UpstreamSnapshots
from core.sync.services.job_runner import SyncJobRunner
from core.sync.services.job_starter import SyncJobStarter
from core.sync.services.merger import Merger
from core.undo import use_cases as undo_
from core.undo.ports import JobChanges, PatientsForUndo, UndoResults
from core.undo.services.job_runner import UndoRunner
from core.upstreams import use_cases as upstreams_
from core.upstreams.ports import UpstreamOverrides, UpstreamReports, Upstreams
from core.upstreams.services.statuses import UpstreamStatusReader

P = ParamSpec("P")
R = TypeVar("R")
AfterCommit = abc.Callable[[abc.Callable[[], None]], None]

WIRED_PACKAGES = [
    "adapters.cli",
    "adapters.web",
    "adapters.django_orm",
    "adapters.fhir_api",
    "adapters.http_api",
    "adapters.telemetry",
]


def _known_region(_instance: object, _attribute: "Attribute[str]", value: str) -> None:
    if value not in SUPPORTED_REGIONS:
        raise ValueError(f"PHONE_REGION must be the two capital letters of a country, such as US. It is {value!r}.")


def _breached_passwords_file(_instance: object, _attribute: "Attribute[Path | None]", value: Path | None) -> None:
    if value is not None:
        try:
            BreachedPasswordsFile(value).check()
        except ValueError as error:
            raise ValueError(f"BREACHED_PASSWORDS names a file that {error}") from None


@frozen
class Configuration:
    """Without `upstream_url` there is no upstream; without `broker_url` each process runs jobs itself.

    A scope missing from `limits` is not limited. The first of `audit_keys`, by default of `secret_keys`, seals the
    audit. Entries of the access log are stored together, every `access_log_delay` seconds. `erasure_ledger` is the file
    that erasures are recorded in, besides the database.
    """

    secret_keys: tuple[str, ...]
    time_zone: str = "UTC"
    phone_region: str = field(default="US", validator=_known_region)
    identifier_systems: IdentifierSystems = DEFAULT_SYSTEMS
    match_thresholds: Thresholds = DEFAULT_THRESHOLDS
    sync_fields: tuple[str, ...] = FIELDS
    change_limits: ChangeLimits = DEFAULT_LIMITS
    upstream_url: str = ""
    upstream_credentials: CredentialsFactory = BearerToken()
    upstream_certificate: ClientCertificate | None = None
    upstream_policy: UpstreamPolicy = UpstreamPolicy()
    max_stale: timedelta = timedelta(days=1)
    lease: timedelta = timedelta(minutes=1)
    first_retry_delay: timedelta = timedelta(minutes=1)
    downloads_at_once: int = 2  # of one account, in one process
    password_checks_at_once: int = 2  # of callers who have not signed in from there before, in one process
    breached_passwords: Path | None = field(default=None, validator=_breached_passwords_file)
    token_lifetimes: TokenLifetimes = TokenLifetimes()
    limits: abc.Mapping[RateLimitScope, RateLimit] = field(factory=dict[RateLimitScope, RateLimit])
    broker_url: str = ""
    audit_keys: tuple[str, ...] = field(default=Factory(lambda self: self.secret_keys, takes_self=True), repr=False)
    access_log_delay: float = 0.25
    erasure_ledger: Path | None = None


def _tokens(configuration: Configuration, clock: Clock) -> JwtTokenService:
    return JwtTokenService([SigningKey(secret) for secret in configuration.secret_keys], clock)


def _clock(configuration: Configuration) -> SystemClock:
    return SystemClock(ZoneInfo(configuration.time_zone))


def _breached_passwords(configuration: Configuration, default: BreachedPasswords) -> BreachedPasswords:
    return BreachedPasswordsFile(configuration.breached_passwords) if configuration.breached_passwords else default


def _upstream(configuration: Configuration) -> UpstreamClient | None:
    if not configuration.upstream_url:
        return None
    return UpstreamClient(
        configuration.upstream_url,
        configuration.upstream_policy,
        credentials=configuration.upstream_credentials,
        certificate=configuration.upstream_certificate,
        listener=metrics.UpstreamMetrics(),
        trace_headers=trace_context.headers,
    )


def _upstreams(
    client: UpstreamClient | None, orders: UpstreamOverrides, reports: UpstreamReports, clock: Clock
) -> ManagedUpstream | NoUpstreams:
    return ManagedUpstream(client, orders, reports, clock) if client else NoUpstreams()


def _gateway(upstreams: ManagedUpstream | NoUpstreams) -> PatientGateway:
    return HttpPatientGateway(upstreams) if isinstance(upstreams, ManagedUpstream) else UnconfiguredGateway()


def _circuit_state(client: UpstreamClient | None) -> str:
    return client.circuit_breaker.state if client else "not configured"


def _use_case(
    use_case: abc.Callable[..., abc.Callable[P, R]], *, logs_success: bool = True, **ports: object
) -> Singleton[abc.Callable[P, R]]:
    def build(**resolved: object) -> abc.Callable[P, R]:
        return observed(use_case(**resolved), logs_success=logs_success)

    return Singleton(build, **ports)


class Container(DeclarativeContainer):
    """The registry. As it stands it keeps everything in memory; `registry_on_django` replaces that part."""

    # Ports of every area
    configuration = Dependency(instance_of=Configuration)
    clock: Provider[Clock] = Singleton(_clock, configuration)
    ids: Provider[IdGenerator] = Singleton(TimeOrderedIdGenerator)
    store: Provider[Store] = Singleton(Store)
    atomic: Provider[Atomic] = Singleton(InMemoryAtomic, store)
    cache: Provider[Cache] = Singleton(InMemoryCache, clock, store.provided.after_commit)
    cache_state: Provider[str] = Object("ok")
    limiter: Provider[RateLimiter] = Singleton(NoRateLimiter)
    downloads: Provider[ConcurrencyLimiter] = Singleton(
        InProcessConcurrencyLimiter,
        configuration.provided.downloads_at_once,
        "You have as many downloads as you may have at once. Wait until one ends, then try again.",
        timedelta(seconds=10),
    )
    password_checks: Provider[ConcurrencyLimiter] = Singleton(
        InProcessConcurrencyLimiter,
        configuration.provided.password_checks_at_once,
        "Too many sign-ins are under way at this moment. Try again.",
        timedelta(seconds=1),
    )

    # Ports of patients
    identifier_systems = configuration.provided.identifier_systems
    patients: Provider[PatientRepository] = Singleton(InMemoryPatientRepository, store, identifier_systems)
    merged_records: Provider[MergedRecords] = Singleton(InMemoryPatientRepository, store, identifier_systems)
    patients_by_id: Provider[PatientsById] = Singleton(InMemoryPatientRepository, store, identifier_systems)
    patient_search: Provider[PatientSearch] = Singleton(InMemoryPatientRepository, store, identifier_systems)
    patient_listing: Provider[PatientListing] = Singleton(InMemoryPatientRepository, store, identifier_systems)
    trail: Provider[AuditTrail] = Singleton(InMemoryAuditTrail, store)
    changes: Provider[ChangeFeed] = Singleton(InMemoryChangeFeed, store)
    erased_patients: Provider[ErasedPatients] = Singleton(InMemoryAuditTrail, store)
    erasure_ledger: Provider[ErasureLedger] = Singleton(InMemoryErasureLedger, store)

    # Ports of the access log and of the audit
    sealer = Singleton(Sealer, configuration.provided.audit_keys)
    access_log: Provider[AccessLog] = Singleton(InMemoryAccessLog, store, sealer)
    access_entries: Provider[AccessLogEntries] = Singleton(InMemoryAccessLog, store, sealer)
    histories: Provider[Histories] = Singleton(InMemoryHistories, store)
    audit_search: Provider[AuditSearch] = Singleton(InMemoryAuditSearch, store)

    # Ports of backups
    store_copies: Provider[StoreCopies] = Singleton(NoStoreCopies)

    # Ports of idempotency
    stored_answers: Provider[StoredAnswers] = Singleton(InMemoryStoredAnswers, store)

    # Ports of accounts
    users: Provider[UserRepository] = Singleton(InMemoryUserRepository, store)
    password_resets: Provider[PasswordResetRepository] = Singleton(InMemoryPasswordResetRepository, store)
    breached_passwords: Provider[BreachedPasswords] = Singleton(
        _breached_passwords, configuration, Singleton(NoBreachedPasswords)
    )
    families: Provider[RefreshFamilyRepository] = Singleton(InMemoryRefreshFamilyRepository, store)
    service_accounts: Provider[ServiceAccountRepository] = Singleton(InMemoryServiceAccountRepository, store)
    account_trail: Provider[AccountTrail] = Singleton(InMemoryAccountTrail, store)
    tokens: Provider[TokenService] = Singleton(_tokens, configuration, clock)
    sign_in_history: Provider[SignInHistory] = Singleton(InMemorySignInHistory)

    # Ports of posts
    posts: Provider[PostRepository] = Singleton(InMemoryPostRepository, store)
    comments: Provider[CommentRepository] = Singleton(InMemoryCommentRepository, store)
    views: Provider[ViewCounter] = Singleton(InMemoryViewCounter, posts)

    # Ports of jobs
    jobs: Provider[JobRepository] = Singleton(InMemoryJobRepository, store)
    chunks: Provider[ChunkRepository] = Singleton(InMemoryChunkRepository, store)
    schedule: Provider[Schedule] = Singleton(InMemorySchedule, store)
    job_queue: Provider[JobQueue] = Singleton(InProcessQueue)
    job_requesters: Provider[JobRequesters] = Singleton(AccountRequesters, users, service_accounts)

    # Ports of imports
    patients_for_import: Provider[PatientsForImport] = Singleton(InMemoryPatientRepository, store, identifier_systems)
    spreadsheets: Provider[Spreadsheets] = Singleton(CalamineSpreadsheets)
    import_files: Provider[ImportFiles] = Singleton(InMemoryImportFiles, store)
    import_rejects: Provider[ImportRejects] = Singleton(InMemoryImportRejects, store)
    uploads: Provider[Uploads] = Singleton(InMemoryUploads, store)

    # Ports of matching
    patients_for_matching: Provider[PatientsForMatching] = Singleton(
        InMemoryPatientRepository, store, identifier_systems
    )
    blocking_keys: Provider[BlockingKeys] = Singleton(InMemoryBlockingKeys, store)
    duplicate_pairs: Provider[DuplicatePairs] = Singleton(InMemoryDuplicatePairs, store)
    merges: Provider[MergeRepository] = Singleton(InMemoryMergeRepository, store)
    upstream_values: Provider[UpstreamValues] = Singleton(InMemoryUpstreamSnapshots, store)

    # Ports of upstreams and of sync
    upstream: Provider[UpstreamClient | None] = Singleton(_upstream, configuration)
    upstream_overrides: Provider[UpstreamOverrides] = Singleton(InMemoryUpstreamOverrides, store)
    upstream_reports: Provider[UpstreamReports] = Singleton(InMemoryUpstreamReports, store)
    upstreams: Provider[Upstreams] = Singleton(_upstreams, upstream, upstream_overrides, upstream_reports, clock)
    gateway: Provider[PatientGateway] = Singleton(_gateway, upstreams)
    patients_for_sync: Provider[PatientsForSync] = Singleton(InMemoryPatientRepository, store, identifier_systems)
    snapshots: Provider[UpstreamSnapshots] = Singleton(InMemoryUpstreamSnapshots, store)
    sync_results: Provider[SyncJobResults] = Singleton(InMemorySyncJobResults, store)
    held_changes: Provider[HeldChanges] = Singleton(InMemoryHeldChanges, store)
    circuit_state: Provider[str] = Callable(_circuit_state, upstream)

    # Ports of undo
    patients_for_undo: Provider[PatientsForUndo] = Singleton(InMemoryPatientRepository, store, identifier_systems)
    job_changes: Provider[JobChanges] = Singleton(InMemoryAuditTrail, store)
    undo_results: Provider[UndoResults] = Singleton(InMemoryUndoResults, store)

    # Ports of the overview
    registry_counts: Provider[RegistryCounts] = Singleton(InMemoryRegistryCounts, store)

    # Names of actors
    actor_names = Singleton(ActorNames, users)

    # The access log
    access_recorder = Singleton(AccessRecorder, access_log, clock, configuration.provided.audit_keys[0])
    list_accesses = _use_case(access_log_.ListAccesses, entries=access_entries, accesses=access_recorder)
    record_access = _use_case(access_log_.RecordAccess, accesses=access_recorder)

    # Idempotency
    answer_once = _use_case(
        idempotency_.AnswerOnce,
        logs_success=False,  # the use case of the request is logged
        answers=stored_answers,
        sealer=Singleton(Sealer, configuration.provided.secret_keys),
        atomic=atomic,
        clock=clock,
    )
    purge_answers = _use_case(idempotency_.PurgeAnswers, answers=stored_answers, clock=clock)

    # Starting jobs
    job_starter = Singleton(JobStarter, jobs, job_queue, atomic, clock, ids)

    # Matching
    rules = Singleton(CurrentRules, clock, configuration.provided.phone_region, identifier_systems)
    recorder = Singleton(PatientRecorder, patients, trail, sealer)
    undone_merges = Singleton(UndoneMerges, merges, recorder)
    eraser = Singleton(Eraser, recorder, import_rejects, undone_merges, stored_answers, erasure_ledger)
    candidate_finder = Singleton(
        CandidateFinder, blocking_keys, patients_for_matching, configuration.provided.match_thresholds
    )
    duplicate_queue = Singleton(
        DuplicateQueue, blocking_keys, candidate_finder, duplicate_pairs, merged_records, clock, ids
    )
    match_patients = _use_case(
        matching_.MatchPatients, finder=candidate_finder, clock=clock, rules=rules, accesses=access_recorder
    )
    start_duplicate_scan = _use_case(
        matching_.StartDuplicateScan,
        jobs=jobs,
        patients=patients_for_matching,
        starter=job_starter,
    )
    list_duplicates = _use_case(
        matching_.ListDuplicates, pairs=duplicate_pairs, patients=patients_for_matching, accesses=access_recorder
    )
    view_duplicate = _use_case(
        matching_.ViewDuplicate, pairs=duplicate_pairs, patients=patients_for_matching, accesses=access_recorder
    )
    decide_duplicate = _use_case(
        matching_.DecideDuplicate, pairs=duplicate_pairs, patients=patients, atomic=atomic, clock=clock
    )
    merge_patients = _use_case(
        matching_.MergePatients,
        patients=patients,
        merged=merged_records,
        merges=merges,
        pairs=duplicate_pairs,
        queue=duplicate_queue,
        upstream_values=upstream_values,
        recorder=recorder,
        atomic=atomic,
        clock=clock,
        ids=ids,
        accesses=access_recorder,
    )
    undo_merge = _use_case(
        matching_.UndoMerge,
        patients=patients,
        merges=merges,
        pairs=duplicate_pairs,
        queue=duplicate_queue,
        upstream_values=upstream_values,
        recorder=recorder,
        atomic=atomic,
        clock=clock,
    )
    list_merges = _use_case(matching_.ListMerges, patients=patients, merges=merges, accesses=access_recorder)

    # Patients
    register_patient = _use_case(
        patients_.RegisterPatient,
        recorder=recorder,
        duplicates=duplicate_queue,
        atomic=atomic,
        clock=clock,
        ids=ids,
        rules=rules,
    )
    view_patient = _use_case(patients_.ViewPatient, patients=patients, accesses=access_recorder)
    search_patients = _use_case(
        patients_.SearchPatients, patients=patient_search, rules=rules, accesses=access_recorder
    )
    list_recent_patients = _use_case(
        patients_.ListRecentPatients, patients=patients_by_id, entries=access_entries, accesses=access_recorder
    )
    update_patient = _use_case(
        patients_.UpdatePatient,
        patients=patients,
        recorder=recorder,
        duplicates=duplicate_queue,
        atomic=atomic,
        clock=clock,
        rules=rules,
        accesses=access_recorder,
    )
    swap_values = _use_case(
        patients_.SwapValues,
        patients=patients,
        recorder=recorder,
        duplicates=duplicate_queue,
        atomic=atomic,
        clock=clock,
        rules=rules,
    )
    erase_patient = _use_case(
        patients_.ErasePatient,
        patients=patients,
        merged=merged_records,
        eraser=eraser,
        atomic=atomic,
        clock=clock,
    )
    complete_erasure_ledger = _use_case(patients_.CompleteErasureLedger, erased=erased_patients, ledger=erasure_ledger)
    replay_erasures = _use_case(
        patients_.ReplayErasures,
        patients=patients,
        merged=merged_records,
        ledger=erasure_ledger,
        eraser=eraser,
        atomic=atomic,
        clock=clock,
    )
    export_patients = _use_case(patients_.ExportPatients, patients=patient_listing, accesses=access_recorder)
    view_history = _use_case(patients_.ViewHistory, trail=trail, accesses=access_recorder)
    follow_changes = _use_case(patients_.FollowChanges, changes=changes, accesses=access_recorder)
    restart_changes = _use_case(patients_.RestartChanges, changes=changes)

    # Sync
    merger = Singleton(
        Merger,
        patients_for_sync,
        snapshots,
        recorder,
        duplicate_queue,
        clock,
        rules,
        configuration.provided.sync_fields,
    )
    sync_patient = _use_case(
        sync_.SyncPatient,
        patients=patients,
        snapshots=snapshots,
        gateway=gateway,
        merger=merger,
        atomic=atomic,
        clock=clock,
        max_stale=configuration.provided.max_stale,
        accesses=access_recorder,
    )
    sync_job_starter = Singleton(SyncJobStarter, patients_for_sync, job_starter)
    start_sync_job = _use_case(sync_.StartSyncJob, patients=patients, starter=sync_job_starter)
    start_nightly_sync = _use_case(sync_.StartNightlySync, starter=sync_job_starter)
    view_nightly_sync = _use_case(sync_.ViewNightlySync, jobs=jobs)
    list_sync_failures = _use_case(sync_.ListSyncFailures, jobs=jobs, results=sync_results)
    list_held_changes = _use_case(sync_.ListHeldChanges, jobs=jobs, changes=held_changes, accesses=access_recorder)
    confirm_sync_job = _use_case(sync_.ConfirmSyncJob, jobs=jobs, changes=held_changes, queue=job_queue, atomic=atomic)

    # Imports
    registrar = Singleton(BulkRegistrar, patients_for_import, recorder)
    row_importer = Singleton(
        RowImporter,
        patients,
        patients_for_import,
        import_files,
        registrar,
        recorder,
        duplicate_queue,
        clock,
        ids,
        rules,
    )
    start_import = _use_case(
        imports_.StartImport,
        jobs=jobs,
        chunks=chunks,
        files=import_files,
        spreadsheets=spreadsheets,
        starter=job_starter,
    )
    download_rejects = _use_case(
        imports_.DownloadRejects, jobs=jobs, files=import_files, rejects=import_rejects, accesses=access_recorder
    )
    list_rejects = _use_case(imports_.ListRejects, jobs=jobs, rejects=import_rejects)
    keep_upload = _use_case(imports_.KeepUpload, uploads=uploads, atomic=atomic, clock=clock, ids=ids)
    read_upload = _use_case(imports_.ReadUpload, logs_success=False, uploads=uploads, clock=clock)
    preview_file = _use_case(imports_.PreviewFile, spreadsheets=spreadsheets)
    remove_upload = _use_case(imports_.RemoveUpload, uploads=uploads)
    purge_uploads = _use_case(imports_.PurgeUploads, uploads=uploads, clock=clock)
    rejected_rows = Singleton(RejectedRows, jobs, import_files, import_rejects)
    view_rejects = _use_case(imports_.ViewRejects, rows=rejected_rows, accesses=access_recorder)
    correct_rejects = _use_case(imports_.CorrectRejects, rows=rejected_rows, importer=row_importer)

    # Jobs
    leases = Singleton(
        LeaseManager, jobs, chunks, job_requesters, atomic, clock, ids, duration=configuration.provided.lease
    )
    run_sync_job = Singleton(
        SyncJobRunner,
        leases=leases,
        patients=patients_for_sync,
        gateway=gateway,
        merger=merger,
        results=sync_results,
        held_changes=held_changes,
        limits=configuration.provided.change_limits,
        clock=clock,
        first_retry_delay=configuration.provided.first_retry_delay,
    )
    run_import = Singleton(
        ImportJobRunner,
        leases=leases,
        files=import_files,
        rejects=import_rejects,
        importer=row_importer,
        clock=clock,
    )
    run_undo = Singleton(
        UndoRunner,
        leases=leases,
        patients=patients_for_undo,
        changes=job_changes,
        recorder=recorder,
        eraser=eraser,
        duplicates=duplicate_queue,
        results=undo_results,
        clock=clock,
    )
    run_scan = Singleton(ScanRunner, leases=leases, patients=patients_for_matching, queue=duplicate_queue)
    run_job = _use_case(
        jobs_.RunJob,
        jobs=jobs,
        runners=Dict(
            {JobKind.SYNC: run_sync_job, JobKind.IMPORT: run_import, JobKind.SCAN: run_scan, JobKind.UNDO: run_undo}
        ),
    )
    view_job = _use_case(jobs_.ViewJob, jobs=jobs)
    list_jobs = _use_case(jobs_.ListJobs, jobs=jobs)
    cancel_job = _use_case(jobs_.CancelJob, jobs=jobs, chunks=chunks, atomic=atomic, clock=clock)
    purge_jobs = _use_case(jobs_.PurgeJobs, jobs=jobs, clock=clock)
    dispatch_runnable_jobs = _use_case(
        jobs_.DispatchRunnableJobs,
        logs_success=False,  # runs every second, mostly without a runnable job
        jobs=jobs,
        queue=job_queue,
        clock=clock,
    )

    # Audit
    search_audit = _use_case(audit_.SearchAudit, events=audit_search, patients=patient_search, accesses=access_recorder)
    name_patients = _use_case(audit_.NamePatients, patients=patient_search, accesses=access_recorder)
    verify_audit = _use_case(
        audit_.VerifyAudit,
        entries=access_entries,
        histories=histories,
        changes=changes,
        sealer=sealer,
        accesses=access_recorder,
        clock=clock,
    )

    # Subject access
    subject_access_sections = Singleton(
        Sections, trail, access_entries, merges, duplicate_pairs, snapshots, actor_names
    )
    export_subject_access = _use_case(
        subject_access_.ExportSubjectAccess,
        patients=patients,
        merged=merged_records,
        sections=subject_access_sections,
        accesses=access_recorder,
        clock=clock,
    )

    # Overview
    view_overview = _use_case(
        overview_.ViewOverview,
        counts=registry_counts,
        jobs=jobs,
        cache=cache,
        clock=clock,
        time_zone=Singleton(ZoneInfo, configuration.provided.time_zone),
    )

    # Backups
    back_up = _use_case(backups_.BackUp, copies=store_copies, accesses=access_recorder)
    restore = _use_case(backups_.Restore, copies=store_copies)

    # Undo
    undo_job = _use_case(undo_.UndoJob, jobs=jobs, changes=job_changes, starter=job_starter)
    list_undo_failures = _use_case(undo_.ListUndoFailures, jobs=jobs, results=undo_results)

    # Upstreams
    upstream_statuses = Singleton(UpstreamStatusReader, upstreams, upstream_overrides, upstream_reports, clock)
    list_upstreams = _use_case(upstreams_.ListUpstreams, statuses=upstream_statuses)
    view_upstream_state = _use_case(
        upstreams_.ViewUpstreamState, logs_success=False, upstreams=upstreams, statuses=upstream_statuses
    )
    override_upstream = _use_case(
        upstreams_.OverrideUpstream,
        statuses=upstream_statuses,
        overrides=upstream_overrides,
        atomic=atomic,
        clock=clock,
    )

    # Posts
    public_posts = Singleton(PublicPosts, posts, cache)
    write_post = _use_case(posts_.WritePost, posts=posts, clock=clock, ids=ids)
    view_post = _use_case(posts_.ViewPost, posts=posts, views=views)
    read_post = _use_case(posts_.ReadPost, posts=posts, views=views)
    list_posts = _use_case(posts_.ListPosts, posts=posts, public=public_posts)
    list_drafts = _use_case(posts_.ListDrafts, posts=posts)
    popular_posts = _use_case(posts_.PopularPosts, public=public_posts)
    edit_post = _use_case(posts_.EditPost, posts=posts, public=public_posts, atomic=atomic, clock=clock)
    publish_post = _use_case(posts_.PublishPost, posts=posts, public=public_posts, atomic=atomic, clock=clock, ids=ids)
    delete_post = _use_case(posts_.DeletePost, posts=posts, public=public_posts, atomic=atomic)
    add_comment = _use_case(posts_.AddComment, posts=posts, comments=comments, atomic=atomic, clock=clock, ids=ids)
    list_comments = _use_case(posts_.ListComments, posts=posts, comments=comments)
    remove_comment = _use_case(posts_.RemoveComment, posts=posts, comments=comments, atomic=atomic)

    # Sign-in
    lifetimes = configuration.provided.token_lifetimes
    account_recorder = Singleton(AccountRecorder, account_trail, ids)
    sessions = Singleton(SessionStarter, families, tokens, clock, ids, lifetimes)
    password_policy = Singleton(PasswordPolicy, breached_passwords)
    passwords = Singleton(PasswordSetter, users, account_recorder, atomic, clock)
    password_verifier = Singleton(PasswordVerifier, users, limiter, password_checks, sign_in_history, access_recorder)
    verify_password = _use_case(accounts_.VerifyPassword, verifier=password_verifier)
    sign_in = _use_case(accounts_.SignIn, verifier=password_verifier, sessions=sessions, accesses=access_recorder)
    refresh_session = _use_case(
        accounts_.RefreshSession,
        users=users,
        families=families,
        tokens=tokens,
        atomic=atomic,
        clock=clock,
        ids=ids,
        lifetimes=lifetimes,
        accesses=access_recorder,
    )
    sign_out = _use_case(accounts_.SignOut, families=families, tokens=tokens, atomic=atomic, accesses=access_recorder)
    authenticate = _use_case(
        accounts_.Authenticate,
        logs_success=False,  # it begins each request, which has a line of its own
        families=families,
        service_accounts=service_accounts,
        tokens=tokens,
        clock=clock,
    )
    change_own_password = _use_case(
        accounts_.ChangeOwnPassword,
        verifier=password_verifier,
        policy=password_policy,
        passwords=passwords,
        sessions=sessions,
    )

    reset_password = _use_case(
        accounts_.ResetPassword,
        users=users,
        resets=password_resets,
        policy=password_policy,
        passwords=passwords,
        limiter=limiter,
        accesses=access_recorder,
        clock=clock,
    )

    # Management of accounts
    create_user = _use_case(
        accounts_.CreateUser,
        users=users,
        policy=password_policy,
        recorder=account_recorder,
        atomic=atomic,
        clock=clock,
        ids=ids,
    )
    list_users = _use_case(accounts_.ListUsers, users=users)
    view_user = _use_case(accounts_.ViewUser, users=users)
    update_user = _use_case(accounts_.UpdateUser, users=users, recorder=account_recorder, atomic=atomic, clock=clock)
    set_password = _use_case(accounts_.SetPassword, users=users, policy=password_policy, passwords=passwords)
    issue_password_reset = _use_case(
        accounts_.IssuePasswordReset,
        users=users,
        resets=password_resets,
        recorder=account_recorder,
        atomic=atomic,
        clock=clock,
    )
    name_actors = _use_case(accounts_.NameActors, logs_success=False, names=actor_names)
    view_account_history = _use_case(accounts_.ViewAccountHistory, trail=account_trail)
    create_service_account = _use_case(
        accounts_.CreateServiceAccount,
        service_accounts=service_accounts,
        recorder=account_recorder,
        atomic=atomic,
        clock=clock,
        ids=ids,
    )
    list_service_accounts = _use_case(accounts_.ListServiceAccounts, service_accounts=service_accounts)
    view_service_account = _use_case(accounts_.ViewServiceAccount, service_accounts=service_accounts)
    update_service_account = _use_case(
        accounts_.UpdateServiceAccount,
        service_accounts=service_accounts,
        recorder=account_recorder,
        atomic=atomic,
        clock=clock,
    )
    create_service_key = _use_case(
        accounts_.CreateServiceKey,
        service_accounts=service_accounts,
        recorder=account_recorder,
        atomic=atomic,
        clock=clock,
        ids=ids,
    )
    revoke_service_key = _use_case(
        accounts_.RevokeServiceKey,
        service_accounts=service_accounts,
        recorder=account_recorder,
        atomic=atomic,
        clock=clock,
    )
    list_own_sessions = _use_case(accounts_.ListOwnSessions, families=families, clock=clock)
    end_own_session = _use_case(accounts_.EndOwnSession, families=families, atomic=atomic, accesses=access_recorder)
    list_user_sessions = _use_case(accounts_.ListUserSessions, users=users, families=families, clock=clock)
    end_user_session = _use_case(
        accounts_.EndUserSession,
        users=users,
        families=families,
        recorder=account_recorder,
        atomic=atomic,
        clock=clock,
    )
    end_user_sessions = _use_case(
        accounts_.EndUserSessions, users=users, recorder=account_recorder, atomic=atomic, clock=clock
    )
    purge_expired = _use_case(accounts_.PurgeExpired, families=families, service_accounts=service_accounts, clock=clock)

    # Daily purge
    clear_admin_sessions: Provider[abc.Callable[[], object]] = Object(lambda: None)
    purge = Singleton(Purge, clear_admin_sessions, purge_expired, purge_jobs, purge_answers, complete_erasure_ledger)
    daily_purge = Singleton(DailyPurge, schedule, clock, purge, purge_uploads)


def in_memory_registry(configuration: Configuration | None = None) -> Container:
    """A registry of its own, empty, which needs neither Django nor a database."""
    use_standard_logging()
    return Container(configuration=configuration or Configuration(secret_keys=(token_urlsafe(),)))


def registry_on_django(configuration: Configuration, database: str = "default") -> Container:
    """A registry on one of Django's databases. Django must be set up.

    Imports here rather than above, so that an in-memory registry needs no Django.
    """
    from django.core.management import call_command
    from django.db import connections, transaction

    from adapters.caching.backend import CacheBackend
    from adapters.caching.cache import DjangoCache
    from adapters.caching.rate_limiter import CacheRateLimiter
    from adapters.caching.sign_in_history import CacheSignInHistory
    from adapters.django_orm.access_log.repository import DjangoAccessLog
    from adapters.django_orm.accounts.audit import DjangoAccountTrail
    from adapters.django_orm.accounts.common_passwords import CommonPasswords
    from adapters.django_orm.accounts.password_resets import DjangoPasswordResetRepository
    from adapters.django_orm.accounts.repository import DjangoRefreshFamilyRepository, DjangoUserRepository
    from adapters.django_orm.accounts.service_accounts import DjangoServiceAccountRepository
    from adapters.django_orm.backups.postgresql import PostgresqlCopies
    from adapters.django_orm.backups.sqlite import SqliteCopies
    from adapters.django_orm.db.atomic import DjangoAtomic
    from adapters.django_orm.db.clock import DatabaseClock
    from adapters.django_orm.idempotency.repository import DjangoStoredAnswers, cipher
    from adapters.django_orm.imports.repository import DjangoImportFiles, DjangoImportRejects, DjangoUploads
    from adapters.django_orm.jobs.repository import DjangoChunkRepository, DjangoJobRepository, DjangoSchedule
    from adapters.django_orm.matching.merges import DjangoMergeRepository
    from adapters.django_orm.matching.pairs import DjangoDuplicatePairs
    from adapters.django_orm.overview.counts import DjangoRegistryCounts
    from adapters.django_orm.patients.audit import DjangoAuditTrail
    from adapters.django_orm.patients.audit_search import DjangoAuditSearch
    from adapters.django_orm.patients.change_feed import DjangoChangeFeed
    from adapters.django_orm.patients.histories import DjangoHistories
    from adapters.django_orm.patients.matching import DjangoBlockingKeys
    from adapters.django_orm.patients.repository import DjangoPatientRepository
    from adapters.django_orm.posts.repository import DjangoCommentRepository, DjangoPostRepository
    from adapters.django_orm.sync.held_changes import DjangoHeldChanges
    from adapters.django_orm.sync.results import DjangoSyncJobResults
    from adapters.django_orm.sync.snapshots import DjangoUpstreamSnapshots
    from adapters.django_orm.undo.results import DjangoUndoResults
    from adapters.django_orm.upstreams.repository import DjangoUpstreamOverrides, DjangoUpstreamReports

    container = Container(configuration=configuration)
    after_commit = partial(transaction.on_commit, using=database)
    backend = Singleton(CacheBackend)
    post_repository = Singleton(DjangoPostRepository, database)
    snapshots = Singleton(DjangoUpstreamSnapshots, database)
    access_log = Singleton(DjangoAccessLog, container.sealer, database)
    patients = Singleton(DjangoPatientRepository, configuration.identifier_systems, database)
    copies = SqliteCopies
    if connections[database].vendor == "postgresql":  # SQLite has no clock but the host's
        copies = PostgresqlCopies
        time_zone = ZoneInfo(container.configuration().time_zone)
        container.override_providers(clock=Singleton(DatabaseClock, time_zone, database))
    container.override_providers(
        atomic=Singleton(DjangoAtomic, database),
        access_log=(
            Singleton(BufferedAccessLog, access_log.provided.append, configuration.access_log_delay)
            if configuration.access_log_delay
            else access_log
        ),
        access_entries=access_log,
        histories=Singleton(DjangoHistories, database),
        audit_search=Singleton(DjangoAuditSearch, database),
        store_copies=Singleton(copies, database),
        patients=patients,
        merged_records=patients,
        patients_by_id=patients,
        patient_search=patients,
        patient_listing=patients,
        patients_for_import=patients,
        patients_for_matching=patients,
        blocking_keys=Singleton(DjangoBlockingKeys, database),
        duplicate_pairs=Singleton(DjangoDuplicatePairs, database),
        merges=Singleton(DjangoMergeRepository, database),
        upstream_values=snapshots,
        patients_for_sync=patients,
        patients_for_undo=patients,
        trail=Singleton(DjangoAuditTrail, database),
        changes=Singleton(DjangoChangeFeed, database),
        erased_patients=Singleton(DjangoAuditTrail, database),
        erasure_ledger=Singleton(_erasure_ledger, container.configuration, after_commit),
        snapshots=snapshots,
        posts=post_repository,
        comments=Singleton(DjangoCommentRepository, database),
        views=Singleton(BufferedViewCounter, post_repository.provided.add_views),
        stored_answers=Singleton(DjangoStoredAnswers, cipher(configuration.secret_keys), database),
        users=Singleton(DjangoUserRepository, database),
        breached_passwords=Singleton(_breached_passwords, container.configuration, Singleton(CommonPasswords)),
        password_resets=Singleton(DjangoPasswordResetRepository, database),
        families=Singleton(DjangoRefreshFamilyRepository, database),
        service_accounts=Singleton(DjangoServiceAccountRepository, database),
        account_trail=Singleton(DjangoAccountTrail, database),
        jobs=Singleton(DjangoJobRepository, database),
        chunks=Singleton(DjangoChunkRepository, database),
        schedule=Singleton(DjangoSchedule, database),
        sync_results=Singleton(DjangoSyncJobResults, database),
        held_changes=Singleton(DjangoHeldChanges, database),
        job_changes=Singleton(DjangoAuditTrail, database),
        undo_results=Singleton(DjangoUndoResults, database),
        registry_counts=Singleton(DjangoRegistryCounts, database),
        job_queue=Singleton(_job_queue, container.configuration, after_commit, container.clock),
        clear_admin_sessions=Object(partial(call_command, "clearsessions")),
        import_files=Singleton(DjangoImportFiles, database),
        import_rejects=Singleton(DjangoImportRejects, database),
        uploads=Singleton(DjangoUploads, database),
        upstream_overrides=Singleton(DjangoUpstreamOverrides, database),
        upstream_reports=Singleton(DjangoUpstreamReports, database),
        cache=Singleton(DjangoCache, backend, metrics.count_cache_read, after_commit=after_commit),
        cache_state=Callable(CacheBackend.state, backend),
        sign_in_history=Singleton(CacheSignInHistory, backend),
        limiter=Singleton(
            CacheRateLimiter, backend, container.configuration.provided.limits, metrics.count_limited_call
        ),
    )
    return container


def _erasure_ledger(configuration: Configuration, after_commit: AfterCommit) -> ErasureLedger:
    if not configuration.erasure_ledger:
        return NoErasureLedger()
    from adapters.erasure_ledger import FileErasureLedger  # needs Unix

    return FileErasureLedger(configuration.erasure_ledger, after_commit)


def _job_queue(configuration: Configuration, after_commit: AfterCommit, clock: Clock) -> JobQueue:
    if not configuration.broker_url:
        return InProcessQueue(after_commit)
    from adapters.tasks.celery import CeleryQueue, producer_app

    return CeleryQueue(producer_app(configuration.broker_url), after_commit, clock)


def in_process_worker(container: Container) -> InProcessWorker | None:
    """What works on jobs in each process of the server; None where a broker is set, whose workers do."""
    from django.db import close_old_connections

    queue = container.job_queue()
    if not isinstance(queue, InProcessQueue):
        return None
    return InProcessWorker(
        queue,
        container.dispatch_runnable_jobs(),
        container.run_job(),
        container.daily_purge(),
        after_round=close_old_connections,
    )
