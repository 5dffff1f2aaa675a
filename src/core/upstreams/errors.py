from core.errors import Conflict, NotFound


class UpstreamNotFound(NotFound):
    kind = "upstream-not-found"
    message = "No upstream system of this name is configured."


class OrderOverlap(Conflict):
    kind = "order-overlap"
    message = "Somebody else gave an order for this upstream system at the same moment. Look, then repeat yours."
