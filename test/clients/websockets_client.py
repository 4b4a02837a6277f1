"""Talks to the service with the Python package websockets.

What it prints for the Go side to read is described in clients_test.go.
"""

import asyncio
import json
import re
import sys
import traceback

import websockets

DEADLINE = 10  # seconds to wait for a message
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")


def show(**line):
    print(json.dumps(line), flush=True)


async def scenario(name, body):
    """Runs one scenario and prints its result; a failed one ends the process."""
    try:
        show(scenario=name, **(await body or {}))
    except Exception:
        show(scenario=name, error=traceback.format_exc())
        sys.exit(1)


def equal(got, want):
    if got != want:
        raise AssertionError(f"got {got!r}, want {want!r}")


class Conversation:
    def __init__(self, url, name, channel, ticks):
        self.url, self.name, self.channel, self.ticks = url, name, channel, int(ticks)
        self.alice = None

    async def run(self):
        await scenario("connect", self.connect())
        await scenario("established", self.established())
        await scenario("ping", self.ping("2026-01-20T10:30:00.000Z"))
        await scenario("subscribe", self.subscribe(self.channel))
        await scenario("broadcasts", self.broadcasts())
        await scenario("chat", self.chat())
        await scenario("unsubscribe", self.unsubscribe())
        await scenario("invalid_json", self.invalid_json())
        await scenario("unknown_type", self.unknown_type())
        await self.alice.close()

    async def open(self, client_id):
        return await websockets.connect(f"{self.url}/ws/{client_id}")

    async def receive(self, socket):
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), DEADLINE))
            if message["type"] != "heartbeat":
                return message

    async def request(self, **command):
        await self.alice.send(json.dumps(command))
        return await self.receive(self.alice)

    async def connect(self):
        self.alice = await self.open(f"{self.name}_alice")

    async def established(self):
        first = await self.receive(self.alice)
        equal(first["type"], "connection_established")
        equal(first["client_id"], f"{self.name}_alice")
        equal(bool(TIMESTAMP.fullmatch(first["timestamp"])), True)

    async def ping(self, sent):
        reply = await self.request(type="ping", timestamp=sent)
        equal(reply["type"], "pong")
        equal(reply["client_timestamp"], sent)
        equal(bool(TIMESTAMP.fullmatch(reply["timestamp"])), True)

    async def subscribe(self, channel):
        reply = await self.request(type="subscribe", channel=channel)
        equal((reply["type"], reply["channel"], reply["success"]), ("subscription_result", channel, True))

    async def broadcasts(self):
        show(want="ticks")
        prices = []
        while len(prices) < self.ticks:
            tick = await self.receive(self.alice)
            equal(tick["channel"], self.channel)
            prices.append(tick["price"])
        return {"prices": prices}

    async def chat(self):
        bob = await self.open(f"{self.name}_bob")
        equal((await self.receive(bob))["type"], "connection_established")
        await self.subscribe("general")
        await bob.send(json.dumps({"type": "chat_message", "message": '안녕 <alice> & "all"'}))
        heard = await self.receive(self.alice)
        equal(heard["type"], "chat_message")
        equal(heard["client_id"], f"{self.name}_bob")
        equal(heard["channel"], "general")
        equal(heard["message"], '안녕 <alice> & "all"')
        await bob.close()

    async def unsubscribe(self):
        after = f"after.{self.name}"
        await self.subscribe(after)
        reply = await self.request(type="unsubscribe", channel=self.channel)
        equal((reply["type"], reply["channel"], reply["success"]), ("unsubscription_result", self.channel, True))
        show(want="publish", channel=self.channel, message={"type": "quote", "price": 0})
        show(want="publish", channel=after, message={"type": "marker"})
        equal((await self.receive(self.alice))["type"], "marker")

    async def invalid_json(self):
        await self.alice.send('{"type":"ping"')
        reply = await self.receive(self.alice)
        equal((reply["type"], reply["message"]), ("error", "Invalid JSON format"))
        await self.ping("still here")

    async def unknown_type(self):
        reply = await self.request(type="no_such_type")
        equal((reply["type"], reply["message"]), ("error", "Unknown message type: no_such_type"))
        await self.ping("still here")


if __name__ == "__main__":
    asyncio.run(Conversation(*sys.argv[1:]).run())
