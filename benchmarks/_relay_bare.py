"""The least that a relay by lines can be: ``python -m benchmarks._relay_bare MUD_PORT``."""

from __future__ import annotations

import asyncio
import sys
from asyncio import StreamReader, StreamWriter

HOST = "127.0.0.1"


async def pump(reader: StreamReader, writer: StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def serve(mud_port: int) -> None:
    async def relay(reader: StreamReader, writer: StreamWriter) -> None:
        mud_reader, mud_writer = await asyncio.open_connection(HOST, mud_port)
        async with asyncio.TaskGroup() as group:
            group.create_task(pump(mud_reader, writer))
            group.create_task(pump(reader, mud_writer))

    server = await asyncio.start_server(relay, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    print(f"listening on {HOST}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
