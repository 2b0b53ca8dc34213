import type { Config } from '#lib/config/config';
import { type CookieJar, cookieAttributes, cookieName, seal, unseal } from '#lib/cookies/cookies';

/** Pages of several applications may stand side by side. */
const atMost = 5;
const prefix = 'gk_manage_';
/** The longest life of such a page, a reconnect that was begun on it included, in seconds. */
const longest = 1_200;

const isId = (id: string) => /^cns_[0-9a-z]{16}$/.test(id);
const nameOf = (config: Config, id: string, openedAt: number) =>
  `${cookieName(config, prefix)}${openedAt.toString(36)}_${id}`;

/** In the order in which their pages were opened. */
const held = (config: Config, jar: Pick<CookieJar, 'getAll'>) =>
  jar
    .getAll()
    .filter(({ name }) => name.startsWith(cookieName(config, prefix)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** Binds the page of a person's connections to this browser; of more than five the oldest goes. */
export async function writeManaged(
  config: Config,
  jar: CookieJar,
  { id, secret }: { id: string; secret: string },
  now: Date,
): Promise<void> {
  const surplus = held(config, jar).slice(0, -(atMost - 1));
  for (const { name } of surplus) jar.set(name, '', cookieAttributes(config, 0));
  const value = await seal(config, { id, secret }, longest);
  jar.set(nameOf(config, id, now.getTime()), value, cookieAttributes(config, longest));
}

/** The secret of that page; undefined where this browser did not open it. */
export async function readManaged(
  config: Config,
  jar: Pick<CookieJar, 'getAll'>,
  id: string,
): Promise<string | undefined> {
  const cookie = isId(id) ? held(config, jar).find(({ name }) => name.endsWith(`_${id}`)) : undefined;
  const data = cookie && (await unseal<{ id?: unknown; secret?: unknown }>(config, cookie.value, longest));
  return data?.id === id && typeof data.secret === 'string' ? data.secret : undefined;
}
