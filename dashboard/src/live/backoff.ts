/** Waits between attempts to reconnect. */

/** Longest wait, ms. With the handshake after it a reconnection stays under 5 s. */
export const LONGEST_WAIT = 4_000;

/**
 * Wait before attempt `attempt` (0 is the first after a loss), ms.
 *
 * Doubles from `base` to a cap and is drawn from its upper half ("equal jitter"), so that
 * many browsers that lost the same server do not return in one instant.
 */
export function backoff(attempt: number, base: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_WAIT, base * 2 ** Math.min(attempt, 16));
  return ceiling * (0.5 + random() / 2);
}
