from argparse import ArgumentParser
from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.core.management.base import BaseCommand, CommandError

from adapters.cli.progress import ForegroundJob
from adapters.cli.quiet import quiet
from core.access import Actor
from core.errors import RegistryError
from core.jobs.entities import JobKind, JobState
from core.jobs.use_cases import CancelJob, RunJob, ViewJob
from core.sync.entities import SYNCABLE, SyncJobOutcome
from core.sync.use_cases import StartSyncJob

_SUCCESSES = {SyncJobOutcome.UPDATED, SyncJobOutcome.UNCHANGED, SyncJobOutcome.SKIPPED}


class Command(BaseCommand):
    help = (
        "Syncs all patients with upstream, or those in one status. Ctrl-C cancels the job; finished records are kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--status", choices=[status.value for status in SYNCABLE])
        parser.add_argument("--job", type=UUID, help="Continue this job instead of starting one.")

    @inject
    @quiet()
    def handle(
        self,
        *args: object,
        status: str | None,
        job: UUID | None,
        start: Annotated[StartSyncJob, Provide["start_sync_job"]],
        run: Annotated[RunJob, Provide["run_job"]],
        view: Annotated[ViewJob, Provide["view_job"]],
        cancel: Annotated[CancelJob, Provide["cancel_job"]],
        **options: object,
    ) -> None:
        actor = Actor.system("sync_patients")
        try:
            job_id = job or start(actor=actor, status=status).id
            ended = ForegroundJob(
                run=lambda stopping: run(actor=actor, job_id=job_id, stopping=stopping),
                view=lambda: view(actor=actor, kind=JobKind.SYNC, job_id=job_id),
                cancel=lambda: cancel(actor=actor, kind=JobKind.SYNC, job_id=job_id),
            ).finish(self.stdout)
        except RegistryError as error:
            raise CommandError(str(error)) from None
        for outcome in SyncJobOutcome:
            if outcome in ended.counts:
                self.stdout.write(f"{outcome.value.replace('_', ' '):<12}{ended.counts[outcome]:>9,}")
        if ended.state is JobState.HELD:
            raise CommandError(
                f"The job is held: {ended.reason} See GET /api/v1/sync-jobs/{job_id}/held-changes/, then confirm or "
                "cancel the job."
            )
        if ended.state is JobState.FAILED:
            raise CommandError(f"The job failed. {ended.reason} Finished records are kept.")
        if ended.state is JobState.CANCELLED:
            raise CommandError("The job was cancelled. Finished records are kept.")
        if any(ended.counts.get(outcome) for outcome in SyncJobOutcome if outcome not in _SUCCESSES):
            raise CommandError(f"Some patients could not be synced. See GET /api/v1/sync-jobs/{job_id}/failures/")
