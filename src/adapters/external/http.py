import ssl
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx
from attrs import frozen

from adapters.external.network import OneConnection


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


def http_clients(certificate: ClientCertificate | None = None) -> Callable[[], httpx.AsyncClient]:
    """Makes clients of one connection each, which trust a hospital's own authorities through `SSL_CERT_FILE`, follow
    nobody anywhere and keep nothing. Time limits are their caller's.
    """
    context = httpx.create_ssl_context()
    if certificate:
        certificate.load_into(context)

    def new_http() -> httpx.AsyncClient:
        return httpx.AsyncClient(  # nosec B113
            transport=OneConnection(context),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "patient-registry"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=None,  # noqa: S113 (`asyncio.timeout` is around every use)
            follow_redirects=False,
            trust_env=False,
        )

    return new_http
