"""The connections to the REST port: how many there are, and how long each may take for what it sends and reads."""

import asyncio
import contextlib
import errno
import json
import logging
import socket
import ssl
import struct
import time
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from components.errors import first_line
from pipeline.serving.server.limits import (
    HANDSHAKE_SECONDS,
    HEAD_SECONDS,
    IDLE_SECONDS,
    LARGEST_HEAD,
    LARGEST_LINE,
    SEND_SECONDS,
    SILENT_SECONDS,
)

_LOGGER = logging.getLogger(__name__)
_LINGERING = 2.0  # seconds in which the rest of a body that is refused is read and thrown away
_SWEEP = 1.0  # seconds between two looks at all connections
_PAUSE = 0.1  # seconds until another try when nothing can be accepted
_SHORT_PAUSE = 0.001  # the same, when connections have just been closed
_LOG_SECONDS = 60.0  # between two lines that say so
_OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_NO_LINGERING = struct.pack("ii", 1, 0)
_ROOM = 8  # connections that go when descriptors have run out: models and logs need some too
_END_OF_HEAD = b"\r\n\r\n"


class Connection(web.RequestHandler):
    """aiohttp's connection, which knows since when it waits for what.

    Attributes:
        since: When the connection or the request that arrives began, or the last one ended; of `time.monotonic`.
        received: When its client sent something last; the same clock.
        requests: How many requests it has had.
        is_busy: Whether a request is being answered.
    """

    def __init__(self, server: web.Server, connections: "Connections") -> None:
        """Waits for its transport.

        Args:
            server: Answers its requests.
            connections: All of them.
        """
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            auto_decompress=False,  # without a bound
            max_line_size=LARGEST_LINE,
            max_field_size=LARGEST_LINE,
            lingering_time=_LINGERING,
        )
        self.since = self.received = time.monotonic()
        self.requests = 0
        self.is_busy = False
        self._connections = connections
        self._wire: asyncio.Transport | None = None
        self._head = 0  # bytes of the head of the next request
        self._head_end = b""  # its last bytes
        self._has_head = False
        self._unsent = 0
        self._unsent_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._wire = transport  # type: ignore[assignment]
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """See asyncio.Protocol."""
        self._connections.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self.received = time.monotonic()
        if not self.is_busy and not self._has_head:
            if not self._head and self.requests:
                self.since = self.received
            self._head += len(data)
            joined = self._head_end + data
            self._has_head = _END_OF_HEAD in joined
            self._head_end = joined[-len(_END_OF_HEAD) + 1 :]
            if not self._has_head and self._head > LARGEST_HEAD:
                self.end(431, f"the request line and headers have more than {LARGEST_HEAD:,} bytes")
                return
        super().data_received(data)

    def begin(self) -> None:
        """A request has all its headers."""
        self.is_busy = True
        self.requests += 1

    def finish(self) -> None:
        """It is answered, or its answer is under way."""
        self.is_busy = self._has_head = False
        self._head, self._head_end = 0, b""
        self.since = time.monotonic()

    def check(self, now: float) -> None:
        """Ends it if it has waited for too long.

        Args:
            now: By the clock of `time.monotonic`.
        """
        if self._wire is None:
            return
        unsent = self._wire.get_write_buffer_size()
        if not unsent or unsent < self._unsent or not self._unsent:
            self._unsent, self._unsent_since = unsent, now
        elif now - self._unsent_since > SEND_SECONDS:
            self.drop()
        if not self.is_busy and not unsent:
            self._check_wait(now)

    def _check_wait(self, now: float) -> None:
        begun = self._head > 0 or not self.requests
        if now - self.since > (HEAD_SECONDS if begun else IDLE_SECONDS):
            if now - self.received < SILENT_SECONDS:
                self.end(408, f"the headers did not arrive within {HEAD_SECONDS:g} seconds")
            else:
                self.drop()

    def end(self, status: int, details: str) -> None:
        """Answers with an error and closes.

        Args:
            status: HTTP's.
            details: For the client.
        """
        if self._wire is not None and not self._wire.is_closing():
            body = json.dumps({"error": details}).encode()
            head = f"HTTP/1.1 {status} {web.Response(status=status).reason}\r\nContent-Type: application/json\r\n"
            self._wire.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        self.force_close()

    def drop(self) -> None:
        """Closes without a word, at once if the client does not take what it is sent."""
        if self._wire is not None and self._wire.get_write_buffer_size():
            with contextlib.suppress(OSError):  # or the kernel would go on trying to send the rest
                self._wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
            self._wire.abort()
        else:
            self.force_close()

    def handle_error(
        self, request: Any, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """What is no HTTP is answered in JSON, and is nothing for the log."""
        if status >= 500 and exc is not None:
            _LOGGER.error("%s: %s", type(exc).__name__, first_line(exc))
        said = "The server failed to answer." if status >= 500 else f"Malformed HTTP request: {(message or '').strip()}"
        response = web.Response(status=status, body=json.dumps({"error": said}).encode())
        response.headers["Content-Type"] = "application/json"
        response.force_close()
        return response


class Connections:
    """Accepts connections, as many as there may be. Where there are too many, the one that idles longest goes."""

    def __init__(self, server: web.Server, most: int, tls: ssl.SSLContext | None = None) -> None:
        """Accepts nothing yet.

        Args:
            server: Answers their requests.
            most: Connections at a time.
            tls: Encrypts them.
        """
        self._server = server
        self._most = most
        self._tls = tls
        self._open: dict[Connection, asyncio.Task[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._listening: Sequence[socket.socket] = ()
        self._logged = -_LOG_SECONDS

    def start(self, listening: Sequence[socket.socket]) -> None:
        """Accepts from now on.

        Args:
            listening: Sockets that are bound; they are closed in the end.
        """
        self._listening = listening
        for one in listening:
            one.setblocking(False)
            one.listen(socket.SOMAXCONN)
            self._tasks.append(asyncio.create_task(self._accept(one)))
        self._tasks.append(asyncio.create_task(self._sweep()))

    async def stop(self, seconds: float) -> None:
        """Accepts nothing more, and waits for what is under way.

        Args:
            seconds: At most.
        """
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in self._listening:
            one.close()
        self._server.pre_shutdown()  # closes those that wait for a request
        await self._server.shutdown(seconds)

    def remove(self, connection: Connection) -> None:
        """Forgets one that is closed."""
        self._open.pop(connection, None)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(listening)
            except OSError as error:
                if error.errno in _OUT_OF_DESCRIPTORS:
                    self._log(f"{error.strerror}: no connection can be accepted, {len(self._open)} are open")
                    had_room = any([self._make_room() for _ in range(_ROOM)])
                    await asyncio.sleep(_SHORT_PAUSE if had_room else _PAUSE)
                continue
            if len(self._open) >= self._most and not self._make_room():
                self._log(f"{len(self._open)} connections are open and busy: more are turned away")
                accepted.close()
            else:
                connection = Connection(self._server, self)
                self._open[connection] = asyncio.create_task(self._connect(connection, accepted))
            await asyncio.sleep(0)  # those that are connected come first

    async def _connect(self, connection: Connection, accepted: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection,
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if self._tls else None,
            )
        except (OSError, asyncio.CancelledError):
            accepted.close()
            self.remove(connection)

    def _make_room(self) -> bool:
        """Drops the connection that idles longest, those first that have never had a request."""
        idle = [one for one in self._open if not one.is_busy]
        if not idle:
            return False
        longest = min(idle, key=lambda one: (one.requests > 0, one.since))
        self._open.pop(longest).cancel()
        longest.drop()
        return True

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)
            now = time.monotonic()
            for connection in list(self._open):
                with contextlib.suppress(OSError):
                    connection.check(now)

    def _log(self, line: str) -> None:
        if time.monotonic() - self._logged >= _LOG_SECONDS:
            self._logged = time.monotonic()
            _LOGGER.warning(line)
