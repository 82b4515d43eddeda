# SPDX-License-Identifier: Apache-2.0
"""What runs in each process: a validator with its links, or the client of all four."""

from __future__ import annotations

import asyncio
import resource
import ssl
import time
from collections.abc import Coroutine
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from . import tls
from .load import transactions
from .settings import TRANSACTION_BYTES, VALIDATORS, Settings
from .stages import StagedLoop, Stages
from .validator import Validator
from .wire import TRANSACTIONS, connect, frame, listen

__all__ = ["run_client", "run_validator"]

CLIENT_WRITE_BYTES = 64 * 1024


def run_validator(settings: Settings, index: int, folder: Path, pipe: Connection) -> None:
    """Sends its port, takes all ports, says ready and done, and answers a stop with its figures."""
    stages = Stages()
    run(settings, stages, validator(settings, index, folder, pipe, stages))


def run(settings: Settings, stages: Stages, main: Coroutine[Any, Any, None]) -> None:
    def new_loop() -> asyncio.AbstractEventLoop:
        if settings.loop == "uvloop":
            import uvloop  # not a dependency: for whoever installs it

            return uvloop.new_event_loop()
        return StagedLoop(stages)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main)


async def validator(
    settings: Settings, index: int, folder: Path, pipe: Connection, stages: Stages
) -> None:
    loop = asyncio.get_running_loop()
    name, log_path = f"validator-{index}", folder / f"blocks-{index}"
    node = Validator(settings, index, log_path, stages, lambda: pipe.send("done"))
    server, port = await listen(settings, node, stages, tls.context(folder, name, server=True))
    pipe.send(port)
    ports: list[int] = pipe.recv()
    dial = tls.context(folder, name, server=False)
    readers = [
        await connect(settings, node, stages, dial, ports[other], f"validator-{other}")
        for other in range(index + 1, VALIDATORS)
    ]
    while len(node.links) < VALIDATORS - 1:
        await asyncio.sleep(0.01)
    pipe.send("ready")
    await loop.run_in_executor(None, pipe.recv)  # go; the last handshakes may still need the loop
    stages.seconds.clear()
    before, thread_before = resource.getrusage(resource.RUSAGE_SELF), time.thread_time()
    stop = asyncio.Event()
    loop.add_reader(pipe.fileno(), stop.set)
    await stop.wait()
    loop.remove_reader(pipe.fileno())
    node.log.close()
    after, thread_after = resource.getrusage(resource.RUSAGE_SELF), time.thread_time()
    pipe.send({
        "user": after.ru_utime - before.ru_utime,
        "system": after.ru_stime - before.ru_stime,
        "loop": thread_after - thread_before,
        "log": node.log.cpu_seconds,
        "stages": dict(stages.seconds),
        "sync_ms": 1000 * node.log.sync_seconds / max(1, node.log.syncs),
        "syncs": node.log.syncs,
        "blocks": node.block_count,
        "admit_calls": node.admit_calls,
        "final": node.ledger.log_size,
        "log_root": node.ledger.log_root().hex(),
        "state_root": node.ledger.roots()[0].hex(),
        "cipher": next(iter(node.links.values())).cipher,
        "rss_mb": after.ru_maxrss / 1024,
    })  # fmt: skip
    pipe.recv()  # all have answered: links may close
    server.close()
    for reader in readers:
        if reader is not None:
            reader.cancel()


def run_client(settings: Settings, load: Path, folder: Path, pipe: Connection) -> None:
    """Gives each validator its quarter of the transactions, as fast as it takes them."""
    asyncio.run(client(settings, load, folder, pipe))


async def client(settings: Settings, load: Path, folder: Path, pipe: Connection) -> None:
    ports: list[int] = pipe.recv()
    data = transactions(load, settings.transactions)
    dial = tls.context(folder, "client", server=False)
    share = -(-settings.transactions // VALIDATORS) * TRANSACTION_BYTES
    parts = [data[at : at + share] for at in range(0, len(data), share)]
    writes = [client_writes(settings, part) for part in parts]
    pipe.send("ready")
    pipe.recv()  # go
    before = time.process_time()
    async with asyncio.TaskGroup() as tasks:
        for index, (port, made) in enumerate(zip(ports, writes)):
            tasks.create_task(feed(port, f"validator-{index}", made, dial), name=f"feed {index}")
    pipe.send(time.process_time() - before)
    # The last bytes may still wait for their sockets, so the loop must go on.
    await asyncio.get_running_loop().run_in_executor(None, pipe.recv)


def client_writes(settings: Settings, part: memoryview) -> list[bytes]:
    """The frames of a client, several to a write."""
    length = TRANSACTION_BYTES.to_bytes(4, "big")
    writes, waiting, size = [], [], 0
    step = settings.frame * TRANSACTION_BYTES
    for at in range(0, len(part), step):
        few = part[at : at + step]
        items = [
            length + few[i : i + TRANSACTION_BYTES] for i in range(0, len(few), TRANSACTION_BYTES)
        ]
        made = frame(TRANSACTIONS, len(items).to_bytes(4, "big"), *items)
        waiting.append(made)
        size += len(made)
        if size >= CLIENT_WRITE_BYTES or at + step >= len(part):
            writes.append(b"".join(waiting))
            waiting, size = [], 0
    return writes


async def feed(port: int, name: str, writes: list[bytes], dial: ssl.SSLContext) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=dial, server_hostname=name)
    for data in writes:
        writer.write(data)
        await writer.drain()
    FEEDS.append(writer)


FEEDS: list[asyncio.StreamWriter] = []  # open until the run is over
