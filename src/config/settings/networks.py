import re
from ipaddress import IPv4Network, IPv6Network, ip_network

from django.core.exceptions import ImproperlyConfigured

_ORIGIN = re.compile(r"https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[0-9]{1,5})?")


def trusted_proxies(raw: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks, separated by commas."""
    try:
        return tuple(ip_network(one.strip()) for one in raw.split(",") if one.strip())
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES takes addresses and networks, such as 10.0.0.7,10.1.0.0/16: {error}."
        ) from None


def origins(raw: str) -> list[str]:
    """Origins as browsers send them, separated by commas."""
    found = [one.strip() for one in raw.split(",") if one.strip()]
    for origin in found:
        if not _ORIGIN.fullmatch(origin):
            raise ImproperlyConfigured(
                f"CORS_ORIGINS takes exact origins, such as https://console.example:8443. This is none: {origin}"
            )
    return found
