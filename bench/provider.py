"""A provider that takes every text: ``python -m bench.provider PORT``; ``/count`` says how many."""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count

_NUMBERS = count(1)
_SEEN: dict[bytes, int] = {}


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = 0
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = await reader.readexactly(length)
            said: dict[str, object]
            if head.startswith(b"GET /count"):
                said = {"texts": sum(_SEEN.values()), "different": len(_SEEN)}
            elif head.startswith(b"GET"):
                # The account, or its list: in use, and nothing in it.
                said = {"status": "active", "type": "Full", "messages": [], "next_page_uri": None}
            else:
                _SEEN[body] = _SEEN.get(body, 0) + 1
                said = {"sid": f"SM{next(_NUMBERS):032x}", "status": "queued"}
            answer = json.dumps(said).encode()
            writer.write(
                b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: "
                + str(len(answer)).encode()
                + b"\r\n\r\n"
                + answer
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _main(port: int) -> None:
    async with await asyncio.start_server(_serve, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
