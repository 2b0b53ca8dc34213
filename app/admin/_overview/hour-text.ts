/** “22 Nov, 14:00”: when an hour began, in `timeZone`. */
export function hourText(at: Date, timeZone: string): string {
  return at.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  });
}
