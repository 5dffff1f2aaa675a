from core.errors import Conflict, NotFound


class UpstreamNotFound(NotFound):
    kind = "upstream-not-found"
    message = "No upstream system with this name is configured."


class OverrideConflict(Conflict):
    kind = "order-overlap"
    message = "Another override for this upstream system was added at the same time. Review it, then try again."
