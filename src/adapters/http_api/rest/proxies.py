from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class TrustedProxiesMiddleware:
    """Sets `REMOTE_ADDR` to the client's address and `X-Forwarded-Proto` to the client's scheme, as the proxies in
    `TRUSTED_PROXIES` report them. Removes these headers when another peer or a socket without addresses sends them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._trusted: Sequence[IPv4Network | IPv6Network] = settings.TRUSTED_PROXIES

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded: str = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        peer = _address(request.META.get("REMOTE_ADDR", ""))
        scheme = request.META.pop("HTTP_X_FORWARDED_PROTO", "")
        if peer:
            request.META["REMOTE_ADDR"] = str(self._caller(peer, forwarded))
            if scheme in {"http", "https"} and self._trusts(peer):  # one proxy's word, not a list
                request.META["HTTP_X_FORWARDED_PROTO"] = scheme
        return self._get_response(request)

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._trusted)

    def _caller(self, peer: IPv4Address | IPv6Address, forwarded: str) -> IPv4Address | IPv6Address:
        """Each proxy appends the address of its client. Only what a trusted proxy appended is true."""
        caller = peer
        for hop in reversed(forwarded.split(",")):
            address = _address(hop)
            if address is None or not self._trusts(caller):
                break
            caller = address
        return caller


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Of an address with or without a port, an IPv4 address in IPv6 form included. None for anything else."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
