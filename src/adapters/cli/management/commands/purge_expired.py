from collections.abc import Callable, Mapping
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.core.management.base import BaseCommand

from core.access import Actor

Purge = Annotated[Callable[[Actor], Mapping[str, int]], Provide["purge"]]


class Command(BaseCommand):
    help = "Removes ended sessions, service keys and jobs after their retention. Run it once a day."

    @inject
    def handle(self, *args: object, purge: Purge, **options: object) -> None:
        purged = purge(Actor.system("purge_expired"))
        counts = f"{purged['sessions']} sessions, {purged['keys']} keys and {purged['jobs']} jobs"
        self.stdout.write(f"Removed {counts}.")
