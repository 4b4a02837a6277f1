/** One message of the protocol: an object with a type, otherwise unchecked. */
export interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Reads a frame; undefined where it is not a message. */
export function parseMessage(text: string): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return undefined;
  }
  const { type } = value as Record<string, unknown>;
  return typeof type === "string" ? (value as Message) : undefined;
}

/** A field that holds text, cut to `limit` characters; otherwise "". */
export function textField(m: Message, field: string, limit = 200): string {
  const value = m[field];
  return typeof value === "string" ? value.slice(0, limit) : "";
}

/** A field that holds a finite number, else undefined. */
export function numberField(m: Message, field: string): number | undefined {
  const value = m[field];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
