from core.errors import Conflict, NotFound


class JobNotFound(NotFound):
    kind = "job-not-found"
    message = "There is no job with this id."


class JobEnded(Conflict):
    kind = "job-ended"
    message = "The job has ended already."


class JobUnderWay(Conflict):
    kind = "job-under-way"
    message = "Such a job is under way already."


class LeaseLost(Exception):
    """Whoever did this chunk took too long: it was given to somebody else. Told to workers, never to callers."""
