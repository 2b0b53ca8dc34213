import { readFileSync } from 'node:fs';
import { type Layout, standardLayout } from '#demo/odd/layout';
import type { Place } from '#demo/odd/oddity';
import { pointed } from '#demo/odd/server';

/** An example of docs/providers.md: its record, and what the comment before it says that it is for. */
export interface Example {
  id: string;
  record: Record<string, unknown>;
  /** Names of Odd's rows; null where a comment names none. */
  rows: readonly string[] | null;
  /** The preset with the documented server of tests/presets that it goes to. */
  preset: string | null;
}

/** Every record among the examples. */
export function documentedExamples(): Example[] {
  const page = readFileSync(new URL('../../docs/providers.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/(?:<!-- (Odd|Preset): (.+) -->\n)?```json\n([\s\S]*?)\n```/g)];
  return blocks.flatMap(([, kind, words = '', json = '']) =>
    (JSON.parse(json) as Record<string, unknown>[]).map((record) => ({
      id: String(record.id ?? record.preset),
      record,
      rows: kind === 'Odd' ? words.split(', ').filter((word) => word !== 'none') : null,
      preset: kind === 'Preset' ? words : null,
    })),
  );
}

const isAddress = (name: string) => /(^|_)endpoint$|^(issuer|template|jwks_uri)$/.test(name);

/** The record for this server: its addresses lead there, its client is the server's. */
export function recordAt(record: Record<string, unknown>, server: { origin: string; id: string; secret: string }) {
  const point = (name: string, value: unknown): unknown => {
    if (typeof value === 'string') return isAddress(name) ? pointed(value, server.origin) : value;
    if (Array.isArray(value)) return value.map((one) => point('', one));
    if (typeof value !== 'object' || value === null) return value;
    // A secret header's variable is not set here.
    const kept = Object.entries(value).filter(([, inner]) => !(inner as { env?: string } | null)?.env);
    return Object.fromEntries(kept.map(([inner, its]) => [inner, point(inner, its)]));
  };
  const { client_secret_env: _variable, ...rest } = point('', record) as Record<string, unknown>;
  return { ...rest, client_id: server.id, client_secret: server.secret };
}

/** A server with endpoints where the record has them. */
export function layoutOf(record: Record<string, unknown>, origin: string): Layout {
  const standard = standardLayout(origin);
  const at = (place: Place, value: unknown) =>
    typeof value === 'string' ? [{ place, url: pointed(value.split('#')[0] ?? '', origin) }] : [];
  const inner = (name: string) => (record[name] as { endpoint?: string } | undefined)?.endpoint;
  const issuer = pointed(String(record.issuer), origin);
  const lookups = (record.lookups ?? []) as { endpoint: string }[];
  const metadata = ['openid-configuration', 'oauth-authorization-server'].map(
    (name) => `${issuer}/.well-known/${name}`,
  );
  return {
    issuer,
    routes: [
      ...metadata.map((url) => ({ place: 'metadata' as const, url })),
      ...at('authorization', record.authorization_endpoint),
      ...at('token', record.token_endpoint),
      ...at('revocation', record.revocation_endpoint),
      ...at('identity', inner('identity')),
      ...at('upgrade', inner('token_upgrade')),
      ...at('renewal', inner('token_renewal')),
      ...lookups.flatMap(({ endpoint }, index) => at('lookup', endpoint).map((route) => ({ ...route, index }))),
      ...standard.routes,
    ],
  };
}
