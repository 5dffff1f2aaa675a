"""Checks the image, the proxy and compose.yaml without a container engine.

Runs the steps of the Dockerfile in an empty directory, with one directory per stage as its `/`. Then it serves the
last stage and checks its health, with the commands of the Dockerfile. The base images, the user and the read-only file
system are not checked: they need an engine.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from string import Template

import trustme

ROOT = Path(__file__).parents[1]
TOOLS = Path(sys.executable).parent
IGNORED = {"USER", "EXPOSE", "STOPSIGNAL"}
NETWORK = ("PIP_", "HTTP", "http", "NO_PROXY", "no_proxy")  # how this machine reaches packages
SECONDS_TO_START = 60


class Image:
    """One stage of the Dockerfile, built so far."""

    def __init__(self, root: Path) -> None:
        self.root, self.directory = root, root
        (root / "bin").mkdir(parents=True)
        (root / "bin" / "python").symlink_to(Path(sys.base_prefix, "bin", "python3").resolve())
        self.environment = {name: value for name, value in os.environ.items() if name.startswith(NETWORK)}
        self.environment["PATH"] = f"{root}/bin:/usr/bin:/bin"
        self.command: list[str] = []
        self.health: list[str] = []

    def path(self, text: str) -> Path:
        """The real path of a path in the image, absolute or relative to the working directory."""
        return self.root / text.lstrip("/") if text.startswith("/") else self.directory / text

    def set(self, definition: str) -> None:
        for name, value in (pair.split("=", 1) for pair in definition.split()):
            given = Template(value.strip('"')).substitute(self.environment)
            self.environment[name] = given.replace("/registry", f"{self.root}/registry")

    def run(self, command: list[str] | str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            ["/bin/sh", "-c", command] if isinstance(command, str) else command,
            cwd=self.directory,
            env=self.environment,
            process_group=0,
        )


def nginx_configuration(**values: object) -> str:
    """The file that the container renders from its environment, with envsubst."""
    text = Template((ROOT / "deploy" / "nginx.conf.template").read_text()).safe_substitute(values)
    assert not (missing := re.findall(r"\$\{[A-Z_]+\}", text)), f"nginx.conf.template also requires {missing}."
    return text


def check_nginx(scratch: Path) -> None:
    """Lets nginx check its configuration, with the names and sizes of compose.yaml."""
    authority, certificate, key = trustme.CA(), scratch / "certificate.pem", scratch / "key.pem"
    issued = authority.issue_cert("registry.example")
    issued.private_key_pem.write_to_path(key)
    issued.cert_chain_pems[0].write_to_path(certificate)
    configuration = scratch / "nginx.conf"
    configuration.write_text(
        nginx_configuration(
            HTTP_LISTEN="127.0.0.1:8080",
            HTTPS_LISTEN="127.0.0.1:8443",
            UPSTREAM="127.0.0.1:8000",
            SPOOL=scratch,
            TLS_CERTIFICATE=certificate,
            TLS_KEY=key,
            IMPORT_MAX_BYTES=500_000_000,
        )
    )
    subprocess.run(["nginx", "-t", "-q", "-c", str(configuration), "-e", "stderr"], check=True)


def steps(dockerfile: str) -> list[tuple[str, str]]:
    lines = [line for line in dockerfile.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def build(dockerfile: str, scratch: Path) -> Image:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    stages: dict[str, Image] = {}
    image = Image(scratch / "none")
    for name, rest in steps(dockerfile):
        print(name, rest, flush=True)
        if name == "FROM":
            stage = rest.partition(" AS ")[2] or "last"
            image = stages[stage] = Image(scratch / stage)
        elif name == "ENV":
            image.set(rest)
        elif name == "WORKDIR":
            image.directory = image.path(rest)
            image.directory.mkdir(parents=True)
        elif name == "COPY":
            *sources, target = rest.split()
            other = stages[sources.pop(0).removeprefix("--from=")] if sources[0].startswith("--from=") else None
            for source in sources:
                assert other or source in allowed, f".dockerignore excludes {source}."
                copy(other.path(source) if other else ROOT / source, image.path(target))
        elif name == "RUN":
            assert image.run(rest).wait() == 0
        elif name == "HEALTHCHECK":
            image.health = json.loads(rest.partition(" CMD ")[2])
        elif name == "CMD":
            image.command = json.loads(rest)
        else:
            assert name in IGNORED, f"This script does not support {name}."
    return image


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__") if source.is_relative_to(ROOT) else None
        shutil.copytree(source, target, symlinks=True, ignore=ignored, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def serve(image: Image, scratch: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    image.environment |= {
        "SECRET_KEY": os.urandom(32).hex(),
        "ALLOWED_HOSTS": "registry.example",
        "DATABASE_URL": f"sqlite:///{scratch}/registry.sqlite3",
        "GRANIAN_WORKERS": "1",
        "GRANIAN_HOST": "127.0.0.1",
        "GRANIAN_PORT": str(port),
    }
    before = {path: path.lstat().st_mtime_ns for path in image.root.rglob("*")}
    assert image.run(["python", "manage.py", "migrate", "--verbosity", "0"]).wait() == 0
    process = image.run(image.command)
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while image.run(image.health).wait():
            assert process.poll() is None, "The server ended."
            assert time.monotonic() < deadline, "The server is not healthy."
            time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS_TO_START) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    after = {path: path.lstat().st_mtime_ns for path in image.root.rglob("*")}
    assert after == before, "The server wrote into its image, which is read-only."


def main() -> None:
    deploy = ROOT / "deploy"
    for lint in (
        ["hadolint", str(deploy / "Dockerfile")],
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(deploy / "compose.yaml")],
    ):
        subprocess.run([str(TOOLS / lint[0]), *lint[1:]], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        check_nginx(Path(scratch))
    with tempfile.TemporaryDirectory() as scratch:
        serve(build((deploy / "Dockerfile").read_text(), Path(scratch)), Path(scratch))
    print("The image builds and serves.")


if __name__ == "__main__":
    main()
