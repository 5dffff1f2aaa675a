import httpx
from attrs import Attribute


def http_url(_instance: object, attribute: "Attribute[str]", value: str) -> None:
    """An attrs validator: an absolute http or https URL without credentials or a fragment."""
    try:
        url = httpx.URL(value)
        is_valid = url.scheme in {"http", "https"} and bool(url.host.encode("idna"))
        is_valid = is_valid and not url.userinfo and not url.fragment and (url.port is None or 0 < url.port < 65536)
    except (httpx.InvalidURL, ValueError):
        is_valid = False
    if not is_valid:
        name = attribute.name.replace("_url", " URL")
        raise ValueError(f"An upstream's {name} must be http or https, a host, and optionally a port and a path.")
