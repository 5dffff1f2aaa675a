from datetime import timedelta

from attrs import frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector
from core.jobs.entities import Job, JobKind, JobState
from core.jobs.ports import JobRepository
from core.jobs.services.starter import JobStarter
from core.matching.entities import ScanOptions
from core.matching.ports import PatientsForMatching
from core.values import MAX_PER_PAGE, parse_bool

SCAN_KEY = "duplicate-scan"
LONGEST_CHANGE = timedelta(hours=1)  # from the time in a record to its commit


@frozen
class StartDuplicateScan:
    """Starts a background comparison of the patients with one another; possible duplicates are queued for review.

    It covers the patients who were changed since the last completed scan began, or all of them with `full`.
    `errors` are errors of the input that the caller has already found.
    Raises `Forbidden`, `ValidationError`, and `JobUnderWay` while another scan is unfinished.
    """

    jobs: JobRepository
    patients: PatientsForMatching
    starter: JobStarter

    def __call__(self, *, actor: Actor, full: object = False, errors: ErrorCollector | None = None) -> Job:
        actor.require(Permission.MANAGE_JOBS)
        errors = errors or ErrorCollector()
        everybody = False
        with errors.field("full"):
            everybody = parse_bool(full)
        errors.raise_if_any()
        options = ScanOptions() if everybody else self._since_last_scan()
        total = self.patients.count_to_scan(options.changed_since)
        return self.starter.start(actor, JobKind.SCAN, options=options.to_json(), total=total, key=SCAN_KEY)

    def _since_last_scan(self) -> ScanOptions:
        latest = self.jobs.find(JobKind.SCAN, after=None, limit=MAX_PER_PAGE).items
        completed = (job for job in latest if job.state is JobState.COMPLETED and ScanOptions.of(job).is_comparable)
        last = next(completed, None)
        return ScanOptions(last.created_at - LONGEST_CHANGE) if last else ScanOptions()
