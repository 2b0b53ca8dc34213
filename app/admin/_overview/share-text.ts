/** “98.7%” of refreshes that were done; never rounded up to a whole that it was not. Null where none was tried. */
export function shareText({ refreshed, failed }: { refreshed: number; failed: number }): string | null {
  if (refreshed + failed === 0) return null;
  const tenths = Math.floor((refreshed / (refreshed + failed)) * 1000) / 10;
  return `${tenths}%`;
}
