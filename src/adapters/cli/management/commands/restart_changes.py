from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.core.management.base import BaseCommand

from core.access import Actor
from core.patients.use_cases import RestartChanges


class Command(BaseCommand):
    help = "Invalidates all cursors of the change feed. Run it after each restore from a backup."

    @inject
    def handle(
        self, *args: object, restart: Annotated[RestartChanges, Provide["restart_changes"]], **options: object
    ) -> None:
        restart(actor=Actor.system("restart_changes"))
        self.stdout.write("All cursors are invalid. Followers of the change feed must start again.")
