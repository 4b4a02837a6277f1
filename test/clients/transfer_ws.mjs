// Has the npm package ws receive compressed messages and arrays.

import { once } from "node:events";
import WebSocket from "ws";
import { Inbox, options } from "./conversation.mjs";
import { transfer } from "./transfer.mjs";

const given = options();

async function open(path, offer) {
  const inbox = new Inbox();
  const socket = new WebSocket(`${given.url}${path}`, {
    perMessageDeflate: offer && { threshold: 0 },
  });
  socket.on("message", (data) => inbox.push(data.toString()));
  socket.on("close", (code, reason) => inbox.end(`${code} ${reason}`));
  await once(socket, "open");
  return {
    extensions: socket.extensions,
    frames: () => inbox.frames,
    bytes: () => socket._socket.bytesRead,
    send: (text) => socket.send(text),
    next: () => inbox.next(),
    close: () => socket.close(),
  };
}

await transfer(open, given);
