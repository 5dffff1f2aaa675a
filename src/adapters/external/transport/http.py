import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
from attrs import Attribute, frozen

from adapters.external.transport.connection import OneConnection


@frozen
class ClientCertificate:
    """PEM files, by which the registry proves who it is when it connects. The key may be in the certificate's file.

    Raises `ValueError` when they cannot be used.
    """

    certificate: Path
    key: Path | None = None

    def __attrs_post_init__(self) -> None:
        self.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    def load_into(self, context: ssl.SSLContext) -> None:
        try:
            context.load_cert_chain(self.certificate, self.key, password="")  # without one it would ask the terminal
        except (OSError, ValueError) as error:
            raise ValueError(f"The client certificate for upstream cannot be used: {error}.") from None


def http_clients(certificate: ClientCertificate | None = None) -> Callable[[], OneConnection]:
    """Makes connections that trust a hospital's own authorities through `SSL_CERT_FILE`."""
    context = httpx.create_ssl_context()
    if certificate:
        certificate.load_into(context)
    return lambda: OneConnection(context)


def upstream_url(_instance: object, attribute: "Attribute[str]", value: str) -> None:
    """Validates what can be connected to, without a password or a place within a document."""
    try:
        url = httpx.URL(value)
        is_place = url.scheme in {"http", "https"} and bool(url.host.encode("idna"))
        is_place = is_place and not url.userinfo and not url.fragment and (url.port is None or 0 < url.port < 65536)
    except (httpx.InvalidURL, ValueError):
        is_place = False
    if not is_place:
        name = attribute.name.replace("_url", " URL")
        raise ValueError(f"An upstream's {name} is http or https, a host, and perhaps a port and a path.")
