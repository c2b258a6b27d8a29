"""Addresses of this machine that a server listens on: names, IPv4, IPv6 with and without brackets."""

import errno
import ipaddress
import socket
from collections.abc import Sequence

from components.errors import ConfigError

_REASONS = {
    errno.EADDRINUSE: "is taken",
    errno.EACCES: "may not be opened by you: choose a port above 1023",
}


def addresses(host: str) -> list[str]:
    """The IP addresses that a host stands for, those that this machine has.

    Args:
        host: A name, an IPv4 address, or an IPv6 address, also in brackets.

    Raises:
        ConfigError: If it is none, or not of this machine.
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        found = socket.getaddrinfo(bare, None, type=socket.SOCK_STREAM) if bare else []
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise ConfigError("--host", f"{host!r} is neither an address nor a name that can be resolved")
    every = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    usable = [address for address in every if _is_of_this_machine(address)]
    if not usable:
        raise ConfigError(
            "--host", f"{host} ({', '.join(every)}) is not an address of this machine; 0.0.0.0 is all of them"
        )
    return usable


def is_loopback(found: Sequence[str]) -> bool:
    """Whether only this machine reaches all these addresses."""
    return all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found)


def authority(host: str, port: int) -> str:
    """``HOST:PORT``, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def bind(option: str, found: Sequence[str], port: int) -> list[socket.socket]:
    """Binds a socket to each address, all of them to the same port.

    Args:
        option: What the port was given with, for messages.
        found: Addresses.
        port: 0: any that is free on all of them.

    Raises:
        ConfigError: If it cannot be had.
    """
    bound: list[socket.socket] = []
    try:
        for address in found:
            one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            bound.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if one.family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind((address, port))
            port = one.getsockname()[1]
    except OSError as error:
        for one in bound:
            one.close()
        reason = _REASONS.get(error.errno or 0, f"cannot be opened: {error.strerror}")
        raise ConfigError(option, f"{authority(address, port)} {reason}") from None
    return bound


def _is_of_this_machine(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as one:
            one.bind((address, 0))
    except OSError:
        return False
    return True
