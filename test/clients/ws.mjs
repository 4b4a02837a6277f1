// Talks to the service with the npm package ws.

import { once } from "node:events";
import WebSocket from "ws";
import { converse, Inbox, options } from "./conversation.mjs";

const given = options();

async function open(clientId) {
  const inbox = new Inbox();
  const socket = new WebSocket(`${given.url}/ws/${clientId}`);
  socket.on("message", (data) => inbox.push(data.toString()));
  socket.on("close", (code, reason) => inbox.end(`${code} ${reason}`));
  await once(socket, "open");
  return {
    send: (text) => socket.send(text),
    next: () => inbox.next(),
    close: () => socket.close(),
  };
}

await converse(open, given);
