import ssl
from pathlib import Path

import httpx
from attrs import frozen


@frozen
class ClientCertificate:
    """PEM files for mutual TLS. The key may be in the certificate's file.

    Raises `ValueError` if they cannot be loaded.
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


def client_context(certificate: ClientCertificate | None = None) -> ssl.SSLContext:
    """Trusts certifi's authorities, or those in `SSL_CERT_FILE`, such as a hospital's own."""
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    if certificate:
        certificate.load_into(context)
    return context
