"""Where a request comes from, as far as that is known and not only claimed."""

from ipaddress import IPv4Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

NETWORK = 64
"""Bits of an IPv6 address that stay the same; devices change the others every day."""


def address_of(request: HttpRequest) -> str | None:
    """Of the client: as the outermost trusted proxy has seen it, or of the connection itself. What a client writes in
    the header itself stands further left, where nobody looks."""
    told = request.META.get("REMOTE_ADDR", "")
    if settings.PROXY_COUNT:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        told = forwarded[-settings.PROXY_COUNT] if len(forwarded) >= settings.PROXY_COUNT else ""
    return _network(told.strip()) or _network(told.rpartition(":")[0].strip(" []"))  # some proxies add the port


def _network(text: str) -> str | None:
    """An IPv4 address, or the network of an IPv6 one."""
    try:
        ip = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, IPv4Address) or ip.ipv4_mapped:
        return str(ip if isinstance(ip, IPv4Address) else ip.ipv4_mapped)
    return str(ip_network((ip, NETWORK), strict=False).network_address)
