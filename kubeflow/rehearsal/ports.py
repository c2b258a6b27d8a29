"""Where servers of a rehearsal listen."""

import contextlib
import socket


def free_ports(count: int) -> list[int]:
    """So many different ports of this machine at which nothing listens now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("localhost", 0))
        return [one.getsockname()[1] for one in sockets]
