from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.core.management import call_command
from django.core.management.base import BaseCommand

from core.access import Actor
from core.accounts.use_cases import PurgeExpired
from core.jobs.use_cases import PurgeJobs


class Command(BaseCommand):
    help = "Removes sessions, keys of service accounts and jobs that ended a while ago. To be run once a day."

    @inject
    def handle(
        self,
        *args: object,
        purge_expired: Annotated[PurgeExpired, Provide["purge_expired"]],
        purge_jobs: Annotated[PurgeJobs, Provide["purge_jobs"]],
        **options: object,
    ) -> None:
        call_command("clearsessions")  # of the admin
        actor = Actor.system("purge_expired")
        purged, jobs = purge_expired(actor=actor), purge_jobs(actor=actor)
        self.stdout.write(f"Removed {purged.families} sessions, {purged.keys} keys and {jobs} jobs that had ended.")
