const formats = new Map<string, Intl.NumberFormat>();

function format(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  let found = formats.get(key);
  if (!found) {
    found = new Intl.NumberFormat("en-US", options);
    formats.set(key, found);
  }
  return found;
}

/** A price with exactly so many decimals: 78,400 or 231.40. */
export function price(value: number, decimals: number): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return format(`price${decimals}`, digits).format(value);
}

/** A percentage with its sign: +0.38%, −1.20%. */
export function percent(value: number): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const text = format("percent", { ...digits, signDisplay: "exceptZero" }).format(value);
  return `${text.replace("-", "−")}%`;
}

/** A quantity, as long as it is. */
export function quantity(value: number): string {
  return format("quantity", { maximumFractionDigits: 8 }).format(value);
}

/** A time of day: 10:30:05. */
export function clock(at: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
