from argparse import ArgumentParser
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.core.management.base import BaseCommand, CommandError

from adapters.cli.progress import ForegroundJob
from adapters.cli.quiet import quiet
from core.access import Actor
from core.errors import RegistryError
from core.jobs.entities import JobKind, JobState
from core.jobs.use_cases import CancelJob, RunJob, ViewJob
from core.matching.entities import ScanOutcome
from core.matching.use_cases import StartDuplicateScan


class Command(BaseCommand):
    help = (
        "Compares the patients who were changed since the last scan with all others, and queues possible duplicates "
        "for review. Ctrl-C cancels the scan; pairs that it found stay in the queue."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="Compare every patient.")

    @inject
    @quiet()
    def handle(
        self,
        *args: object,
        full: bool,
        start: Annotated[StartDuplicateScan, Provide["start_duplicate_scan"]],
        run: Annotated[RunJob, Provide["run_job"]],
        view: Annotated[ViewJob, Provide["view_job"]],
        cancel: Annotated[CancelJob, Provide["cancel_job"]],
        **options: object,
    ) -> None:
        actor = Actor.system("scan_duplicates")
        try:
            job_id = start(actor=actor, full=full).id
            ended = ForegroundJob(
                run=lambda stopping: run(actor=actor, job_id=job_id, stopping=stopping),
                view=lambda: view(actor=actor, kind=JobKind.SCAN, job_id=job_id),
                cancel=lambda: cancel(actor=actor, kind=JobKind.SCAN, job_id=job_id),
            ).finish(self.stdout)
        except RegistryError as error:
            raise CommandError(str(error)) from None
        for outcome in ScanOutcome:
            self.stdout.write(f"{outcome.value:<12}{ended.counts.get(outcome, 0):>9,}")
        if ended.state is not JobState.COMPLETED:
            raise CommandError(f"The scan was {ended.state}. {ended.reason}".strip())
