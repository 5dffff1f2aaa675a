"""Files belong to imports, failures to syncs."""

import pytest

from bootstrap import Container
from core.files import FileFormat
from core.jobs.errors import JobNotFound
from tests.fakes import CLERK

CSV = b"first_name,last_name,email,date_of_birth\nAda,Byron,ada@example.org,1985-12-10\n"


def test_sync_job_has_no_rejects(registry: Container) -> None:
    job = registry.start_sync_job()(actor=CLERK)
    with pytest.raises(JobNotFound):
        registry.download_rejects()(actor=CLERK, job_id=job.id)


def test_import_has_no_sync_failures(registry: Container) -> None:
    job = registry.start_import()(actor=CLERK, content=lambda: [CSV], format=FileFormat.CSV)
    with pytest.raises(JobNotFound):
        registry.list_sync_failures()(actor=CLERK, job_id=job.id)
