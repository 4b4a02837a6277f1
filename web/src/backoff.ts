/** Base and ceiling of the wait before the next try, in milliseconds. */
const base = 500;
const ceiling = 20_000;

/**
 * The wait before try number `attempt` (from 0): a random part of a ceiling
 * that doubles with every failure ("full jitter"), so that clients who were cut
 * off together do not come back together.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(ceiling, base * 2 ** attempt);
}
