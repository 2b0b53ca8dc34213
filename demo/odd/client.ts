import type { Asked, OddParts } from '#demo/odd/oddity';

/** Undoes the encoding of RFC 6749 §2.3.1 (a form's). */
const fromForm = (text: string): string => new URLSearchParams(`value=${text}`).get('value') ?? '';

/** The credentials of HTTP Basic, as they stand there. */
export function basicParts({ headers }: Asked): [id: string, secret: string] | null {
  const [, encoded] = /^Basic (\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return [text.slice(0, colon), text.slice(colon + 1)];
}

/** True where the request shows the client's secret, in HTTP Basic (form-encoded) or in its body, and not in both. */
export function isClient(asked: Asked, { clientId, clientSecret }: OddParts): boolean {
  const basic = basicParts(asked)?.map(fromForm);
  const body = [asked.parameters.get('client_id'), asked.parameters.get('client_secret')];
  if (basic && body[1] !== null) return false;
  const [id, secret] = basic ?? body;
  return id === clientId && secret === clientSecret;
}
