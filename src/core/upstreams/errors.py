from core.errors import Conflict, NotFound


class UpstreamNotFound(NotFound):
    kind = "upstream-not-found"
    message = "No upstream system of this name is configured."


class OverrideConflict(Conflict):
    kind = "order-overlap"
    message = "Somebody else gave an override for this upstream system at the same moment. Look, then repeat yours."
