import "./style/theme.css";
import "./style/layout.css";
import "./style/market.css";
import "./style/console.css";
import { Board } from "./board.ts";
import { Chat, chatChannel } from "./chat.ts";
import { closeCodes } from "./codes.ts";
import { Connection, type Status, type Wire } from "./connection.ts";
import { Desk } from "./desk.ts";
import { Frames } from "./frames.ts";
import { Header } from "./header.ts";
import { Language } from "./language.ts";
import type { Message } from "./message.ts";
import { SignIn } from "./sign_in.ts";
import { Subscriptions } from "./subscriptions.ts";
import { watchlist } from "./symbols.ts";
import { startTabs } from "./tabs.ts";
import { Tape } from "./tape.ts";

const language = new Language();
const board = new Board(language);
const tape = new Tape(language);
const frames = new Frames(language);

const connection = new Connection({
  dial: () => new WebSocket(endpoint("ws")) as Wire,
  probe: async () => (await fetch(endpoint("http"), { cache: "no-store" })).status,
  final,
  onStatus: (status) => onStatus(status),
  onMessage: (message) => onMessage(message),
  onFrame: (direction, text) => frames.add(direction, text),
  onLatency: (milliseconds) => header.showLatency(milliseconds),
});
const send = (message: Message) => connection.sendMessage(message);
const subscriptions = new Subscriptions(send, () => desk.show());
const header = new Header(language, () => connection.retry());
const signIn = new SignIn(language, (token) => connection.signIn(token));
const chat = new Chat(language, send);
const desk = new Desk(
  language,
  () => subscriptions,
  (text) => connection.send(text),
);

/** The server's endpoint, on the host that served this page. */
function endpoint(scheme: "ws" | "http"): string {
  return `${scheme}${location.protocol === "https:" ? "s" : ""}://${location.host}/ws`;
}

/** Close codes after which a client stays away; unknown ones go by their range. */
function final(code: number): boolean {
  const known = closeCodes.find((row) => row.code === code);
  return known ? !known.reconnect : code >= 4500 && code <= 4599;
}

function onStatus(status: Status): void {
  const live = status.phase === "live";
  header.show(status);
  signIn.show(status);
  chat.connected(live, status.clientId);
  desk.connected(live);
  if (live) {
    subscriptions.renew();
  }
}

function onMessage(message: Message): void {
  header.countMessage();
  subscriptions.handle(message);
  board.handle(message);
  tape.handle(message);
  chat.handle(message);
}

language.apply();
startTabs();
subscriptions.add(
  ...watchlist.map((symbol) => `quotes.${symbol}`),
  ...watchlist.map((symbol) => `trades.${symbol}`),
  chatChannel,
);
window.addEventListener("online", () => connection.wake());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    connection.wake();
  }
});
connection.retry();
