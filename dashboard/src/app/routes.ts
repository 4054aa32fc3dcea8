/** Addresses of the pages. */

export function assetHref(assetId: string): string {
  return `/assets/${encodeURIComponent(assetId)}`;
}

export function alertHref(alertId: string): string {
  return `/alerts?view=all&alert=${encodeURIComponent(alertId)}`;
}
