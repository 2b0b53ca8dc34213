import { cookies } from 'next/headers';
import { getConfig } from '#lib/config/config';
import { cookieAttributes, cookieName } from '#lib/cookies/cookies';
import { isZone } from '#lib/wall-time';

const yearInSeconds = 365 * 24 * 60 * 60;
const name = 'gk_zone';
const utcPrefix = 'utc,';

/** The one zone of all times on a page. */
export interface ReaderZone {
  /** As an IANA name. */
  zone: string;
  /** The browser's own; null where it has not said. */
  own: string | null;
}

/** The zone of this browser, or UTC: where the reader chose that, or the browser has not said yet. */
export async function readZone(): Promise<ReaderZone> {
  const value = (await cookies()).get(cookieName(getConfig(), name))?.value ?? '';
  const utc = value.startsWith(utcPrefix);
  const own = utc ? value.slice(utcPrefix.length) : value;
  if (!isZone(own)) return { zone: 'UTC', own: null };
  return { zone: utc ? 'UTC' : own, own };
}

async function remember(value: string): Promise<void> {
  const config = getConfig();
  (await cookies()).set(cookieName(config, name), value, cookieAttributes(config, yearInSeconds));
}

/** Remembers for a year what zone this browser is in; a choice of UTC stays. Only in a server action. */
export async function rememberZone(own: string): Promise<void> {
  if (!isZone(own)) return;
  const { zone, own: before } = await readZone();
  await remember(before !== null && before !== zone ? `${utcPrefix}${own}` : own);
}

/** Shows all times in UTC, or in the browser's own zone again. Only in a server action. */
export async function chooseUtc(utc: boolean): Promise<void> {
  const { own } = await readZone();
  if (own !== null) await remember(utc ? `${utcPrefix}${own}` : own);
}
