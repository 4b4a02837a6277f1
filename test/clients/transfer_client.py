"""Has the Python package websockets receive compressed messages and arrays.

What it prints for the Go side to read is described in doc.go.
"""

import asyncio
import json
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets_client import DEADLINE, equal, scenario, show

BURST = 100


def book(depth=50):
    """A message of some 2 KB, or more for a deeper one."""
    return {"type": "book", "levels": [{"price": 100 + i / 4, "size": 10 * i, "venue": "서울"} for i in range(depth)]}


class Client:
    """A connection that has subscribed to a channel of its own."""

    def __init__(self, url, name, kind, query="", **options):
        self.address = f"{url}/ws/{name}_{kind}{query}"
        self.channel = f"transfer.{name}.{kind}"
        self.options = options
        self.waiting, self.frames = [], 0

    async def __aenter__(self):
        self.socket = await websockets.connect(self.address, **self.options)
        response = getattr(self.socket, "response", None)  # of later versions of the package
        headers = response.headers if response else self.socket.response_headers
        self.extensions = headers.get("Sec-WebSocket-Extensions", "")
        equal((await self.next())["type"], "connection_established")
        await self.send(type="subscribe", channel=self.channel)
        equal((await self.next())["success"], True)
        return self

    async def __aexit__(self, *_):
        await self.socket.close()

    async def send(self, **command):
        await self.socket.send(json.dumps(command))

    async def next(self):
        while not self.waiting:
            frame = json.loads(await asyncio.wait_for(self.socket.recv(), DEADLINE))
            self.frames += 1
            messages = frame if isinstance(frame, list) else [frame]
            self.waiting = [m for m in messages if m["type"] != "heartbeat"]
        return self.waiting.pop(0)

    async def receives(self, sent):
        show(want="publish", channel=self.channel, message=sent)
        message = await self.next()
        equal(message["channel"], self.channel)
        equal(message["levels"], sent["levels"])


async def compressed(url, name):
    async with Client(url, name, "compressed") as client:
        equal(client.extensions.startswith("permessage-deflate"), True)
        await client.receives(book())
    # What does not fit into a window of 4 KB comes as it is.
    window = ClientPerMessageDeflateFactory(server_max_window_bits=12, client_max_window_bits=12)
    async with Client(url, name, "window", extensions=[window]) as client:
        equal("server_max_window_bits=12" in client.extensions, True)
        await client.receives(book())
        await client.receives(book(500))


async def sent(url, name):
    async with Client(url, name, "sent") as client:
        await client.send(type="publish", channel=client.channel, data=book())
        got = {m["type"]: m for m in [await client.next(), await client.next()]}
        equal(got["message"]["data"], book())
        equal(got["publish_result"]["success"], True)


async def declined(url, name):
    async with Client(url, name, "declined", "?compress=0") as client:
        equal(client.extensions, "")
        await client.receives(book())


async def plain(url, name):
    async with Client(url, name, "plain", compression=None) as client:
        equal(client.extensions, "")
        await client.receives(book())


async def arrays(url, name):
    async with Client(url, name, "arrays", "?batch=1") as client:
        before = client.frames
        show(want="burst", channel=client.channel, count=BURST)
        for i in range(BURST):
            equal((await client.next())["number"], i)
        equal(client.frames - before < BURST, True)


async def main(url, name, *_):
    for run in (compressed, sent, declined, plain, arrays):
        await scenario(run.__name__, run(url, name))


asyncio.run(main(*sys.argv[1:]))
