import type { OAuthProvider } from '#lib/oauth/types';

/** Which account a flow is for: a further one, or the one of a connection. */
export type WantedAccount = { another: true } | { label: string | null; subject: string };

/** One address, of at most 320 characters (RFC 5321 §4.5.3.1). */
const email = /^[^\s@]{1,64}@[^\s@]{1,255}$/;

/** Text that a parameter can hold: one line. */
const oneLine = /^[^\p{Cc}\u2028\u2029]{1,320}$/u;

/**
 * The parameters that tell the server which account is meant: its own for another account, and a hint for the one that
 * is connected already (`login_hint`, OpenID Connect Core §3.1.2.1). None where the record knows none.
 */
export function accountChoice(
  { another_account_params, login_hint }: Pick<OAuthProvider, 'another_account_params' | 'login_hint'>,
  wanted: WantedAccount,
): Record<string, string> {
  if ('another' in wanted) return { ...another_account_params };
  if (!login_hint) return {};
  const text = login_hint.value === 'subject' ? wanted.subject : (wanted.label ?? '');
  const fits = login_hint.value === 'email' ? email : oneLine;
  return fits.test(text) ? { [login_hint.param]: text } : {};
}

/**
 * Parameters of the record with those of the choice in place of the same names. `prompt` is a list, so the words of both
 * go together; `none` stands alone (OpenID Connect Core §3.1.2.1) and gives way, since the person is to choose.
 */
export function withChoice(
  parameters: readonly [name: string, value: string][],
  choice: Readonly<Record<string, string>>,
): [name: string, value: string][] {
  const { prompt, ...others } = choice;
  const kept = parameters.filter(([name]) => !Object.hasOwn(choice, name));
  if (prompt === undefined) return [...kept, ...Object.entries(others)];
  const written = parameters.filter(([name]) => name === 'prompt').map(([, value]) => value);
  const words = [...written, prompt].flatMap((text) => text.split(' ')).filter((word) => word && word !== 'none');
  return [...kept, ...Object.entries(others), ['prompt', [...new Set(words)].join(' ')]];
}
