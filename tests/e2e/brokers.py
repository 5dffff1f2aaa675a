"""Real brokers on loopback, each with a port and a directory of its own."""

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.programs import free_port, program, wait_for_port


@contextmanager
def redis(port: int, directory: Path) -> Generator[str]:
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(directory)]
    with subprocess.Popen([program("redis-server"), *options], stdout=subprocess.DEVNULL) as process:
        try:
            wait_for_port(process, port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()


@contextmanager
def rabbitmq(port: int, directory: Path) -> Generator[str]:
    """With an epmd of its own: the one that RabbitMQ starts by itself stays behind."""
    epmd, node = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(epmd),
        "RABBITMQ_NODENAME": f"registry{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(node),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_MNESIA_BASE": str(directory),
        "RABBITMQ_LOG_BASE": str(directory),
        "RABBITMQ_PID_FILE": str(directory / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
        "RUNNING_UNDER_SYSTEMD": "true",  # so that the process is the broker, not a shell that waits for it
        "RABBITMQ_CONF_ENV_FILE": str(directory / "none"),
        "RABBITMQ_CONFIG_FILE": str(directory / "none"),
    }
    with (
        subprocess.Popen([program("epmd"), "-port", str(epmd), "-address", "127.0.0.1"]) as names,
        (directory / "output").open("w") as output,
        subprocess.Popen([_rabbitmq(), "-noinput"], env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            wait_for_port(process, port)
            yield f"amqp://guest:guest@127.0.0.1:{port}//"
        finally:
            process.kill()
            names.kill()


def _rabbitmq() -> str:
    """Debian's wrapper in the path insists on a user and on directories of its own; it wraps this one."""
    wrapper, wrapped = program("rabbitmq-server"), Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return str(wrapped) if wrapped.exists() else wrapper
