// Has Chromium receive compressed messages and arrays, with sockets that a page
// of the service opens.

import { launch } from "./browser.mjs";
import { Inbox, options } from "./conversation.mjs";
import { transfer } from "./transfer.mjs";

const { url, name } = options();
const browser = await launch();
const page = await browser.newPage();
await page.goto(`${url}/healthz`);

const inboxes = new Map(); // by the socket's address
page.on("websocket", (socket) => {
  const inbox = new Inbox();
  inboxes.set(new URL(socket.url()).pathname, inbox);
  socket.on("framereceived", ({ payload }) => inbox.push(payload.toString()));
  socket.on("close", () => inbox.end("closed"));
});

// inPage runs in the browser: it opens a socket and waits until it is open.
async function inPage(path) {
  const socket = new WebSocket(`ws://${location.host}${path}`);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("no connection"));
  });
  return socket;
}

async function open(path) {
  const socket = await page.evaluateHandle(inPage, path);
  const inbox = inboxes.get(path.split("?")[0]);
  return {
    extensions: await socket.evaluate((s) => s.extensions),
    frames: () => inbox.frames,
    send: (text) => socket.evaluate((s, t) => s.send(t), text),
    next: () => inbox.next(),
    close: () => socket.evaluate((s) => s.close()),
  };
}

await transfer(open, { name, alwaysOffers: true });
await browser.close();
