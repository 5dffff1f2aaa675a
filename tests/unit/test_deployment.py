"""What `deploy/compose.yaml` gives to each container."""

import re
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import yaml

from tests.documents import ROOT, SETTINGS

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OF_THE_IMAGE = re.findall(r"^(?:ENV|   ) ([A-Z_]+)=", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
ROWS = re.findall(r"^\| `([A-Z_]+)` \|.*\| (.*) \|$", SETTINGS.read_text(encoding="utf-8"), re.MULTILINE)
every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))


def test_every_documented_setting_is_passed_with_its_default() -> None:
    environment: dict[str, str] = SERVICES["web"]["environment"]
    assert {name for name, _ in ROWS} <= {*environment, *OF_THE_IMAGE}
    defaults = {
        name: value[1] for name in environment if (value := re.fullmatch(r"\$\{\w+:-(.*)\}", environment[name]))
    }
    documented = {name: default.strip("`") if default.startswith("`") else "" for name, default in ROWS}
    assert defaults == {name: documented[name] for name in defaults}


@every_service
def test_a_container_is_confined(service: dict[str, Any]) -> None:
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]


@every_service
def test_an_image_has_an_exact_version(service: dict[str, Any]) -> None:
    assert "build" in service or re.search(r":\d+\.\d+(\.\d+)?$|@sha256:[0-9a-f]{64}$", service["image"])


def test_the_server_trusts_only_the_proxy() -> None:
    (edge,) = COMPOSE["networks"]["edge"]["ipam"]["config"]
    proxy = ip_address(SERVICES["web"]["environment"]["TRUSTED_PROXIES"])
    assert SERVICES["proxy"]["networks"] == {"edge": {"ipv4_address": str(proxy)}}
    assert proxy in ip_network(edge["subnet"])
    assert proxy not in ip_network(edge["ip_range"])
    assert {name for name, service in SERVICES.items() if "edge" in service["networks"]} == {"proxy", "web"}
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_the_proxy_gets_every_variable_of_its_configuration() -> None:
    names = re.findall(r"\$\{([A-Z_]+)\}", (ROOT / "deploy" / "nginx.conf.template").read_text())
    assert set(names) == set(SERVICES["proxy"]["environment"]) - {"NGINX_ENVSUBST_OUTPUT_DIR"}
