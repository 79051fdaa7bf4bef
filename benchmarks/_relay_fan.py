"""The least that a relay to many can be: ``python -m benchmarks._relay_fan MUD_PORT``.

One reader by lines, whose lines are written to all clients that are there.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import StreamReader, StreamWriter

HOST = "127.0.0.1"


async def fan_out(reader: StreamReader, writers: list[StreamWriter]) -> None:
    while line := await reader.readline():
        for writer in writers:
            writer.write(line)
        for writer in list(writers):
            await writer.drain()


async def serve(mud_port: int) -> None:
    writers: list[StreamWriter] = []
    connecting: list[asyncio.Task[tuple[StreamReader, StreamWriter]]] = []

    async def relay(reader: StreamReader, writer: StreamWriter) -> None:
        first = not connecting
        if first:
            connecting.append(group.create_task(asyncio.open_connection(HOST, mud_port)))
        mud_reader, mud_writer = await connecting[0]
        writers.append(writer)
        if first:
            group.create_task(fan_out(mud_reader, writers))
        try:
            while line := await reader.readline():
                mud_writer.write(line)
                await mud_writer.drain()
        finally:
            writers.remove(writer)
            writer.close()

    async with asyncio.TaskGroup() as group:
        server = await asyncio.start_server(relay, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        print(f"listening on {HOST}:{port}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
