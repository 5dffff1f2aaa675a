import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.core.management.base import BaseCommand, CommandError

from adapters.cli.quiet import quiet
from core.access import Actor
from core.audit.entities import Checkpoint
from core.audit.use_cases import VerifyAudit
from core.errors import RegistryError

MAX_CHECKPOINT_BYTES = 10_000


class Command(BaseCommand):
    help = "Verifies that nobody changed, removed or inserted an audit event or an entry of the access log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=Path, metavar="FILE", help="Compare with the checkpoint in this file.")
        parser.add_argument("--save", type=Path, metavar="FILE", help="Write a new checkpoint to this file.")

    @inject
    @quiet()
    def handle(
        self,
        *args: object,
        since: Path | None,
        save: Path | None,
        verify: Annotated[VerifyAudit, Provide["verify_audit"]],
        **options: object,
    ) -> None:
        try:
            report = verify(actor=Actor.system("verify_audit"), checkpoint=_read(since) if since else None)
        except RegistryError as error:
            raise CommandError(str(error)) from None
        for fault in report.faults:
            self.stdout.write(f"{fault.where}: {fault.what}")
        if report.faults:
            more = "more than " if report.more_faults else ""
            raise CommandError(f"The audit has {more}{len(report.faults)} faults.")
        checkpoint = report.checkpoint
        if save:
            save.write_text(json.dumps(checkpoint.to_json()) + "\n")
        self.stdout.write(
            f"The audit is as it was written: {checkpoint.last_entry:,} entries of the access log, "
            f"{checkpoint.events:,} audit events."
        )


def _read(path: Path) -> Checkpoint:
    try:
        with path.open("rb") as file:
            return Checkpoint.parse(json.loads(file.read(MAX_CHECKPOINT_BYTES)))
    except OSError as error:
        raise CommandError(f"The checkpoint cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError, RegistryError):
        raise CommandError("The checkpoint is not a file that --save wrote.") from None
