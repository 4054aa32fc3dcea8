/** The token a user has signed in with; it lasts as long as the tab. */
import { Signal } from "../live/signal";

const KEY = "tidemark.token";

function remembered(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export const token = new Signal<string | null>(remembered());

export function signIn(given: string): void {
  try {
    sessionStorage.setItem(KEY, given);
  } catch {
    // Storage is refused: the token lasts as long as the page.
  }
  token.set(given);
}

export function signOut(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was stored.
  }
  token.set(null);
}
