"""Where webhooks may go: to public addresses by https, never into the network in which the portal stands."""

import ipaddress
import socket
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct

LENGTH_MAX = 500
_LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".localdomain", ".home.arpa")
# Public by their numbers, but ways around the rule: they lead on to an IPv4 address that is written inside.
_TUNNELS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Problem(StrEnum):
    """What keeps a webhook from its receiver."""

    URL = "url"
    HTTPS = "https"
    FORBIDDEN = "forbidden"
    NAME = "name"
    TIME = "time"
    CERTIFICATE = "certificate"
    CONNECTION = "connection"


class NoWay(Exception):
    """This address cannot be called."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class Target(Struct, frozen=True):
    """What a URL asks for: `host` without brackets, `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.scheme == "https" else 80)
        return host if usual else f"{host}:{self.port}"


def target_of(url: str, *, loopback: bool = False) -> Target:
    """Take a URL apart. `loopback` also lets it lead to this machine, and then without https. Raises `NoWay`."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise NoWay(Problem.URL) from None
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not plain or len(url) > LENGTH_MAX or not host or "@" in parts.netloc or parts.fragment or port == 0:
        raise NoWay(Problem.URL)
    if parts.scheme not in ("http", "https"):
        raise NoWay(Problem.URL)
    here = loopback and _is_loopback(host)
    if parts.scheme != "https" and not here:
        raise NoWay(Problem.HTTPS)
    if not here:
        _demand_public(host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def resolve(target: Target, *, loopback: bool = False) -> str:
    """Return the one address to connect to, so that the name cannot lead elsewhere afterwards. Raises `NoWay`.

    A name of which any address is not public is refused.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NoWay(Problem.NAME) from None
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    here = loopback and _is_loopback(target.host)
    if not addresses or not all(is_public(each) or (here and each.is_loopback) for each in addresses):
        raise NoWay(Problem.FORBIDDEN)
    return str(addresses[0])


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the open Internet, and no way around to another one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in tunnel for tunnel in _TUNNELS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _demand_public(host: str) -> None:
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        name = host.rstrip(".").lower()
        if "." not in name or name.endswith(_LOCAL_NAMES) or name.rpartition(".")[2].isdigit():
            raise NoWay(Problem.FORBIDDEN) from None
    else:
        if not is_public(literal):
            raise NoWay(Problem.FORBIDDEN)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
