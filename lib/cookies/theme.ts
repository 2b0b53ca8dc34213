import { cookies } from 'next/headers';
import { getConfig } from '#lib/config/config';
import { cookieAttributes, cookieName } from '#lib/cookies/cookies';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const yearInSeconds = 365 * 24 * 60 * 60;

const name = 'gk_theme';

/** The theme that this browser remembers; `system` where it chose none. The server renders it, so nothing flashes. */
export async function readTheme(): Promise<Theme> {
  const value = (await cookies()).get(cookieName(getConfig(), name))?.value;
  return themes.find((theme) => theme === value) ?? 'system';
}

/** Remembers the theme in this browser for a year. Only in a server action. */
export async function rememberTheme(theme: Theme): Promise<void> {
  const config = getConfig();
  (await cookies()).set(cookieName(config, name), theme, cookieAttributes(config, yearInSeconds));
}
