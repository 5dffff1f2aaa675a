from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.core.management import call_command
from django.core.management.base import BaseCommand

from core.access import Actor
from core.accounts.use_cases import PurgeExpired


class Command(BaseCommand):
    help = "Removes sessions and keys of service accounts that ended a while ago. To be run once a day."

    @inject
    def handle(
        self, *args: object, purge_expired: Annotated[PurgeExpired, Provide["purge_expired"]], **options: object
    ) -> None:
        call_command("clearsessions")  # of the admin
        purged = purge_expired(actor=Actor.system("purge_expired"))
        self.stdout.write(f"Removed {purged.families} sessions and {purged.keys} keys that had ended.")
