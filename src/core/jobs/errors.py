from core.errors import Conflict, NotFound


class JobNotFound(NotFound):
    kind = "job-not-found"
    message = "There is no job with this id."


class JobEnded(Conflict):
    kind = "job-ended"
    message = "The job has already ended."


class JobNotEnded(Conflict):
    kind = "job-not-ended"
    message = "The job has not ended yet. Cancel it first, or wait until it has ended."


class JobNotHeld(Conflict):
    kind = "job-not-held"
    message = "The job is not held, so there is nothing to confirm."


class JobUnderWay(Conflict):
    kind = "job-under-way"
    message = "Such a job is already under way."


class LeaseLost(Exception):
    """The lease expired and another worker claimed the chunk. Only workers see it, never callers."""
