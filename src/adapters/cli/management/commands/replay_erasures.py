from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from adapters.cli.quiet import quiet
from core.access import Actor
from core.errors import RegistryError
from core.patients.use_cases import ReplayErasures


class Command(BaseCommand):
    help = "Erases the patients of the ledger of erasures again. Run it after each restore from a backup."

    @inject
    @quiet()
    def handle(
        self, *args: object, replay: Annotated[ReplayErasures, Provide["replay_erasures"]], **options: object
    ) -> None:
        if not settings.ERASURE_LEDGER:
            raise CommandError("Set ERASURE_LEDGER to the ledger of erasures.")
        try:
            done = replay(actor=Actor.system("replay_erasures"))
        except RegistryError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Erased {len(done.erased)} patients again.")
        if done.kept:
            ids = "\n".join(map(str, done.kept))
            raise CommandError(
                f"These are in the ledger, but merged with patients who are not. Undo the merges, then repeat:\n{ids}"
            )
