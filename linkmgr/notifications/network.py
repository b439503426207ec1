"""Connections to hosts that a customer names: only to public addresses, and to the very address that was judged.

A name is looked up once. A second look-up might find another address, at the choice of whoever owns the name.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic
from typing import Any

from django.conf import settings

from linkmgr.notifications.faults import Undeliverable, Undelivered

UNICAST = ip_network("2000::/3")
"""All of IPv6 that the world routes."""
NAT64 = ip_network("64:ff9b::/96")
SPECIAL = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",
            "192.0.0.0/24",
            "192.88.99.0/24",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        ),
    )
)
"""Of a cloud's services (Azure), protocols, tunnels (Teredo, 6to4) and documentation: not in every Python's list."""
SHORTEST = 0.01


def connect(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to the first of the host's addresses that answers.

    Raises Undeliverable if one of them is not public and settings.PRIVATE_WEBHOOKS does not allow that, Undelivered if
    there is no such host, OSError if none answers within `seconds` altogether.
    """
    found = _look_up(host, port)
    if not settings.PRIVATE_WEBHOOKS and not all(is_public(address[0]) for *_, address in found):
        raise Undeliverable(f"{host} is not on the public internet, and private networks are not allowed here")
    return _first_to_answer(found, monotonic() + seconds)


def is_public(address: str) -> bool:
    """May anybody be sent there? IPv4 inside of IPv6 counts as what it is."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        ip = IPv4Address(int(ip) & 0xFFFFFFFF) if ip.ipv4_mapped or ip in NAT64 else ip
    if isinstance(ip, IPv6Address) and ip not in UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not any(ip in each for each in SPECIAL)


def _look_up(host: str, port: int) -> list[Any]:
    """As getaddrinfo gives it, which reads 2130706433 and 0x7f000001 as addresses too."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise Undelivered(f"{host} is not found: {error.strerror}") from error
    except ValueError as error:
        raise Undeliverable(f"{host} cannot be the name of a host") from error


def _first_to_answer(found: list[Any], deadline: float) -> socket.socket:
    """Each may take its share of the time that is left."""
    for place, (family, kind, protocol, _, address) in enumerate(found):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(max((deadline - monotonic()) / (len(found) - place), SHORTEST))
            connection.connect(address)
            return connection
        except OSError as error:
            connection.close()
            last = error
    raise last
