// Talks to the service with the command-line client wscat, by its standard
// input and output as a person types and reads.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { converse, Inbox, options } from "./conversation.mjs";

const given = options();
const wscat = createRequire(import.meta.url).resolve("wscat/bin/wscat");

async function open(clientId) {
  const inbox = new Inbox();
  const child = spawn(process.execPath, [wscat, "--connect", `${given.url}/ws/${clientId}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const text = line.replace(/^(> )+/, ""); // its prompt
    if (text !== "") inbox.push(text);
  });
  child.on("exit", (code) => inbox.end(`wscat exited with ${code}`));
  await inbox.arrived(); // wscat drops what is typed before it is connected
  return {
    send: (text) => child.stdin.write(`${text}\n`),
    next: () => inbox.next(),
    close: () => child.stdin.end(),
  };
}

await converse(open, given);
