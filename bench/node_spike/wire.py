# SPDX-License-Identifier: Apache-2.0
"""Frames over TLS: `length u32, tag u8, body`, read by a buffered protocol or through streams."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Protocol, cast

from .settings import Settings
from .stages import Stages
from .tls import peer_name

__all__ = ["BLOCK", "TRANSACTIONS", "VOTE", "Handler", "Link", "connect", "frame", "listen"]

TRANSACTIONS, BLOCK, VOTE = 0x58, 0x50, 0x51
FRAME_BYTES_MAX = 4 * 1024 * 1024 + 64
READ_BYTES = 256 * 1024  # what asyncio takes from a socket at once


def frame(tag: int, *parts: bytes | memoryview) -> bytes:
    """One frame."""
    size = 1 + sum(len(part) for part in parts)
    return b"".join([size.to_bytes(4, "big"), bytes([tag]), *parts])


class Handler(Protocol):
    """What takes the frames of all links."""

    def on_link(self, link: Link) -> None:
        """A link is up."""
        ...

    def on_frame(self, link: Link, tag: int, body: memoryview) -> None:
        """One frame. The body is only valid during the call."""
        ...

    def on_read(self) -> None:
        """All frames of one read have been handed over."""
        ...


class Link:
    """The sending half of a connection; `peer` is the name in the other's certificate."""

    def __init__(self, transport: asyncio.Transport, stages: Stages) -> None:
        self.transport = transport
        self._stages = stages
        ssl_object: ssl.SSLObject = transport.get_extra_info("ssl_object")
        self.peer = peer_name(ssl_object)
        self.cipher = str(transport.get_extra_info("cipher")[0])

    def send(self, data: bytes) -> None:
        """Encrypts and sends, or keeps what the socket does not take."""
        with self._stages("send"):
            self.transport.write(data)


class BufferedFrames(asyncio.BufferedProtocol):
    """TLS decrypts straight into one buffer, and frames are views of it."""

    def __init__(self, handler: Handler, stages: Stages) -> None:
        self._handler = handler
        self._stages = stages
        self._buffer = bytearray(2 * READ_BYTES)
        self._start = self._end = 0  # of what is read but not handed over

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's
        self._link = Link(cast(asyncio.Transport, transport), self._stages)
        self._handler.on_link(self._link)

    def get_buffer(self, sizehint: int) -> memoryview:
        if len(self._buffer) - self._end < READ_BYTES:
            self._make_room()
        return memoryview(self._buffer)[self._end :]

    def _make_room(self) -> None:
        kept = self._buffer[self._start : self._end]
        if len(self._buffer) - len(kept) < READ_BYTES:
            self._buffer = bytearray(min(2 * len(self._buffer), FRAME_BYTES_MAX + READ_BYTES))
        self._buffer[: len(kept)] = kept
        self._start, self._end = 0, len(kept)

    def buffer_updated(self, nbytes: int) -> None:
        with self._stages("framing"):
            self._end += nbytes
            self._split()
            if self._start == self._end:
                self._start = self._end = 0
            self._handler.on_read()

    def _split(self) -> None:
        view, at, end = memoryview(self._buffer), self._start, self._end
        while end - at >= 4:
            size = int.from_bytes(view[at : at + 4], "big")
            if not 1 <= size <= FRAME_BYTES_MAX:
                raise ValueError(f"a frame of {size} bytes")
            if end - at < 4 + size:
                break
            self._handler.on_frame(self._link, view[at + 4], view[at + 5 : at + 4 + size])
            at += 4 + size
        self._start = at


async def read_frames(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler, stages: Stages
) -> None:
    """The same through streams: two awaits a frame."""
    link = Link(cast(asyncio.Transport, writer.transport), stages)
    handler.on_link(link)
    while True:
        try:
            size = int.from_bytes(await reader.readexactly(4), "big")
            if not 1 <= size <= FRAME_BYTES_MAX:
                raise ValueError(f"a frame of {size} bytes")
            body = await reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return  # the run is over
        with stages("framing"):
            handler.on_frame(link, body[0], memoryview(body)[1:])
            handler.on_read()


async def listen(
    settings: Settings, handler: Handler, stages: Stages, tls: ssl.SSLContext
) -> tuple[asyncio.Server, int]:
    """Accepts links on a free port of loopback."""
    if settings.transport == "streams":
        server = await asyncio.start_server(
            lambda r, w: read_frames(r, w, handler, stages), "127.0.0.1", 0, ssl=tls,
            limit=FRAME_BYTES_MAX,
        )  # fmt: skip
    else:
        factory: Callable[[], BufferedFrames] = lambda: BufferedFrames(handler, stages)  # noqa: E731
        server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0, ssl=tls)
    return server, server.sockets[0].getsockname()[1]


async def connect(
    settings: Settings, handler: Handler, stages: Stages, tls: ssl.SSLContext, port: int, name: str
) -> asyncio.Task[None] | None:
    """Opens a link to the validator `name`; streams need a task that reads."""
    if settings.transport == "streams":
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=tls, server_hostname=name, limit=FRAME_BYTES_MAX
        )
        return asyncio.create_task(read_frames(reader, writer, handler, stages), name=name)
    await asyncio.get_running_loop().create_connection(
        lambda: BufferedFrames(handler, stages), "127.0.0.1", port, ssl=tls, server_hostname=name
    )
    return None
