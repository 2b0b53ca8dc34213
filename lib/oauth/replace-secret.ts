import { objectIn } from '#lib/oauth/provider-call';
import type { OAuthProvider } from '#lib/oauth/types';

/** A request as it is sent. */
export interface ShownRequest {
  url: URL;
  init: RequestInit;
}

/** The name under which this server takes the secret as a parameter (RFC 6749 §2.3.1). */
const secretParameter = ({ token_param_names: names }: OAuthProvider): string => names.client_secret ?? 'client_secret';

/**
 * The same request with another secret as its parameter: in the query, or in a body of form or JSON. Null where the
 * record's secret is no parameter of it.
 * @param client the record with the secret to show
 */
export function replaceSecret(
  provider: OAuthProvider,
  client: OAuthProvider,
  url: URL,
  init: RequestInit,
): ShownRequest | null {
  const [name, from, to] = [secretParameter(provider), provider.client_secret, client.client_secret];
  if (!from || !to) return null;
  const same = from === to;
  if (url.searchParams.get(name) === from.reveal()) {
    if (same) return { url, init };
    const shown = new URL(url);
    shown.searchParams.set(name, to.reveal());
    return { url: shown, init };
  }
  if (init.body === undefined || init.body === null) return null;
  const text = String(init.body);
  const json = new Headers(init.headers).get('content-type')?.includes('json') ? objectIn(text) : null;
  if (json) {
    if (json[name] !== from.reveal()) return null;
    if (same) return { url, init };
    return { url, init: { ...init, body: JSON.stringify({ ...json, [name]: to.reveal() }) } };
  }
  const form = new URLSearchParams(text);
  if (form.get(name) !== from.reveal()) return null;
  if (same) return { url, init };
  form.set(name, to.reveal());
  return { url, init: { ...init, body: form.toString() } };
}
