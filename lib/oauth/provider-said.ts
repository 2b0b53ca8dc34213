import { looksSecret } from '#lib/config/secret-field';
import { errorToken } from '#lib/oauth/oauth-error';
import { valueAt } from '#lib/oauth/provider-call';
import { codePlaces, textOf } from '#lib/oauth/provider-codes';
import { providerText } from '#lib/oauth/provider-text';

/** The words of a refusal, fit to be kept: two codes, and the sentence for the log. */
export interface ProviderSaid {
  providerError?: string | undefined;
  providerSubcode?: string | undefined;
  said?: string | undefined;
}

/** Microsoft's, Google's, Meta's and Okta's names for a second code. */
const subcodePlaces = ['suberror', 'error_subtype', 'error_subcode', 'error.error_subcode', 'error_codes.0'];
const textPlaces = [
  ...['error_description', 'error.message', 'error.error_description', 'error_message', 'errorSummary', 'message'],
  ...['errors.0.message', 'detail', 'msg', 'reason', 'error.reason', 'fault.message', 'error'],
];

/** Secrets of fewer characters are parts of words; such a one is a code only where it is the whole of it. */
const shortestPart = 8;

/**
 * The code of a refusal as it may be kept: `unspecified` where it repeats a secret of the request or of the answer. The
 * meaning of the code is read before.
 */
export function keptCode(code: string, body: Record<string, unknown>, secrets: readonly string[]): string {
  const repeats = [...secrets, ...secretsIn(body)].some((secret) =>
    secret.length < shortestPart ? code === secret : code.includes(secret),
  );
  return repeats ? 'unspecified' : code;
}

/** Values of an answer that its own words may repeat: everything under a name that looks like a secret's. */
function secretsIn(body: object): string[] {
  return Object.entries(body).flatMap(([name, value]) => {
    if (typeof value === 'object' && value !== null) return secretsIn(value);
    return typeof value === 'string' && looksSecret(name) && !/^(?:error|code$)/i.test(name) ? [value] : [];
  });
}

/**
 * The words of a refusing answer, wherever they stand.
 * @param secrets what the request carried
 */
export function saidIn(body: Record<string, unknown> | null, secrets: readonly string[] = []): ProviderSaid {
  if (!body) return {};
  const all = [...secrets, ...secretsIn(body)];
  const first = (places: readonly string[]) => {
    const codes = places
      .map((path) => errorToken(textOf(valueAt(body, path))))
      .filter((code) => code !== undefined && providerText(code, all) === code);
    // Some repeat the status in the body, beside a word that says more.
    return codes.find((code) => !/^[1-5]\d\d$/.test(code ?? '')) ?? codes[0];
  };
  const providerError = first(codePlaces);
  const providerSubcode = first(subcodePlaces);
  const texts = textPlaces.map((path) => valueAt(body, path)).filter((text) => text !== providerError);
  const said = texts.map((text) => providerText(text, all)).find((text) => text !== undefined);
  // Microsoft begins its descriptions with the code that tells the most.
  const leading = /^([A-Z]{2,12}\d{3,9}):/.exec(said ?? '')?.[1];
  return { providerError, providerSubcode: leading ?? providerSubcode, said };
}

/** The parameters of a challenge (RFC 6750 §3): the words of a resource about a token that it refused. */
export function saidInChallenge(header: string | null, secrets: readonly string[] = []): ProviderSaid {
  const parameters = [...(header ?? '').slice(0, 8_000).matchAll(/\b(error|error_description)="((?:[^"\\]|\\.)*)"/g)];
  return saidIn(Object.fromEntries(parameters.map(([, name, value]) => [name, value])), secrets);
}

/** The names of a request's parameters with values that an answer must not bring back into the log. */
const sentSecrets = ['code', 'refresh_token', 'client_secret', 'code_verifier', 'client_assertion', 'token', 'state'];

/** The secrets that a form carries. */
export const secretsOf = (form: URLSearchParams): string[] => sentSecrets.flatMap((name) => form.getAll(name));
