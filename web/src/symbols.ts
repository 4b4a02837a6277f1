import type { Tongue } from "./text.ts";

/** The instruments of the demo market, in the order in which they are shown. */
const instruments: readonly (readonly [string, Readonly<Record<Tongue, string>>])[] = [
  ["KOSPI", { en: "Korea Composite", ko: "코스피 지수" }],
  ["005930", { en: "Samsung Electronics", ko: "삼성전자" }],
  ["000660", { en: "SK hynix", ko: "SK하이닉스" }],
  ["035420", { en: "NAVER", ko: "네이버" }],
  ["005380", { en: "Hyundai Motor", ko: "현대차" }],
  ["AAPL", { en: "Apple", ko: "애플" }],
  ["MSFT", { en: "Microsoft", ko: "마이크로소프트" }],
  ["NVDA", { en: "NVIDIA", ko: "엔비디아" }],
  ["AMZN", { en: "Amazon", ko: "아마존" }],
  ["TSLA", { en: "Tesla", ko: "테슬라" }],
  ["BTC-KRW", { en: "Bitcoin in won", ko: "비트코인 원화" }],
  ["ETH-KRW", { en: "Ether in won", ko: "이더리움 원화" }],
  ["BTC-USD", { en: "Bitcoin in dollars", ko: "비트코인 달러" }],
  ["ETH-USD", { en: "Ether in dollars", ko: "이더리움 달러" }],
  ["USD-KRW", { en: "US dollar in won", ko: "원/달러 환율" }],
];

const names = new Map(instruments);

export const watchlist: readonly string[] = instruments.map(([symbol]) => symbol);

/** The name of a symbol, "" for one that is not known here. */
export function nameOf(symbol: string, tongue: Tongue): string {
  return names.get(symbol)?.[tongue] ?? "";
}

/** The place of a symbol on the board: known ones first, then by name. */
export function compareSymbols(a: string, b: string): number {
  const place = (symbol: string) => {
    const at = watchlist.indexOf(symbol);
    return at < 0 ? watchlist.length : at;
  };
  return place(a) - place(b) || (a < b ? -1 : Number(a > b));
}
