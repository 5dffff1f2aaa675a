"""What a service key may be limited to: networks of the client, and some of the role's permissions."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from core.access import Permission, Role
from core.errors import InvalidValue
from core.values import parse_enum, parse_list, parse_single_line

Network = IPv4Network | IPv6Network

MAX_NETWORKS = 20
MAX_NETWORK_LENGTH = 50


def parse_networks(raw: object) -> tuple[Network, ...]:
    """Each one once."""
    return tuple(dict.fromkeys(parse_list(raw, _parse_network, MAX_NETWORKS)))


def parse_permissions(raw: object, role: Role) -> tuple[Permission, ...]:
    """Permissions of the role, each one once and sorted."""

    def parse_permission(item: object) -> Permission:
        permission = parse_enum(item, Permission)
        if permission not in role.permissions:
            raise InvalidValue("role", f"The role {role} does not have this permission.")
        return permission

    return tuple(sorted(set(parse_list(raw, parse_permission, len(Permission)))))


def _parse_network(raw: object) -> Network:
    if isinstance(raw, IPv4Network | IPv6Network):
        return raw
    text = parse_single_line(raw, MAX_NETWORK_LENGTH)
    try:
        network = ip_network(text)
    except ValueError as error:
        if "host bits" in str(error):
            raise InvalidValue("host_bits", "Must end with the zeros of a network, such as 192.0.2.0/24.") from None
        raise InvalidValue(
            "invalid", "Must be an address or a network, such as 192.0.2.0/24 or 2001:db8::/48."
        ) from None
    if isinstance(network, IPv6Network) and (network.network_address.ipv4_mapped or network.network_address.scope_id):
        raise InvalidValue("invalid", "Must not be an IPv4 network in IPv6 form, or have a zone.")
    return network


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether the address is in one of the networks. False for any text that is no address."""
    try:
        client = ip_address(address)
    except ValueError:
        return False
    if isinstance(client, IPv6Address):
        client = client.ipv4_mapped or client
    return any(client in network for network in networks)
