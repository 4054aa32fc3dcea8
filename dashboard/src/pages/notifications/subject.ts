import type { Notification } from "../../wire";

/** What a message is about, in a line. */
export function subject({ alerts: [first, ...others] }: Notification): string {
  if (!first) return "Test";
  const what = `${first.occasion}: ${formatMessage(first.alert.message)}`;
  return others.length ? `${what} and ${others.length} more` : what;
}

import { formatMessage } from "../../format";
