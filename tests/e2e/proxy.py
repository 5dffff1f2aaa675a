"""The proxy as it is shipped: nginx with the configuration of deploy/, on loopback, with a certificate of its own."""

import os
import socket
import ssl
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import trustme
from attrs import frozen
from deploy.check import nginx_configuration

from tests.programs import free_port, program, wait_for_port

HOST = "127.0.0.1"


@frozen
class Proxy:
    port: int
    plain_port: int
    trust: ssl.SSLContext
    pid: int

    def client(self, **headers: str) -> httpx.Client:
        base = f"https://{HOST}:{self.port}"
        return httpx.Client(base_url=base, headers=headers, verify=self.trust, trust_env=False, timeout=30)

    def connected(self, source: str = HOST, buffer: int | None = None) -> ssl.SSLSocket:
        """From the address `source`; `buffer` is the size of what is received and not read yet."""
        plain = socket.socket()
        plain.settimeout(30)
        if buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        plain.bind((source, 0))
        plain.connect((HOST, self.port))
        return self.trust.wrap_socket(plain, server_hostname=HOST)


@contextmanager
def proxied(directory: Path, upstream: int) -> Generator[Proxy]:
    """Before what listens on the port `upstream`."""
    nginx = program("nginx")
    port, plain_port = free_port(), free_port()
    certificate, key, configuration = (directory / name for name in ("certificate.pem", "key.pem", "nginx.conf"))
    authority = trustme.CA()
    issued = authority.issue_cert(HOST)
    issued.private_key_pem.write_to_path(key)
    issued.cert_chain_pems[0].write_to_path(certificate)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    configuration.write_text(
        nginx_configuration(
            HTTP_LISTEN=f"{HOST}:{plain_port}",
            HTTPS_LISTEN=f"{HOST}:{port}",
            UPSTREAM=f"{HOST}:{upstream}",
            SPOOL=directory,
            TLS_CERTIFICATE=certificate,
            TLS_KEY=key,
            IMPORT_MAX_BYTES=3_000_000,
        )
    )
    options = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")  # else its workers cannot read here
    with subprocess.Popen([nginx, "-c", str(configuration), "-e", "stderr", "-g", options]) as process:
        try:
            wait_for_port(process, port)
            yield Proxy(port, plain_port, trust, process.pid)
        finally:
            process.terminate()
