import { getWithinOrigin, metadataUrl } from '#lib/oauth/metadata-request';
import { readObject } from '#lib/oauth/provider-call';
import type { OAuthProvider } from '#lib/oauth/types';
import { failureWords } from '#lib/provider-check/failure-words';
import type { Probe } from '#lib/provider-check/probe';
import type { Finding } from '#lib/provider-check/report';

export type MetadataDocument = Readonly<Record<string, unknown>>;

export interface SeenMetadata {
  /** Null where none was found. */
  document: MetadataDocument | null;
  findings: Finding[];
}

type Kind = 'oidc' | 'oauth2';

/** Where two texts begin to differ, in words, for an issuer that is compared letter by letter. */
function difference(expected: string, seen: string): string {
  const letters = [...expected];
  // The document may name an issuer of a megabyte.
  const others = [...seen.slice(0, 2 * expected.length)];
  const at = letters.findIndex((letter, index) => letter !== others[index]);
  const place = at === -1 ? letters.length : at;
  if (expected === `${seen}/` || seen === `${expected}/`) return 'Only a slash at the end differs';
  if (expected.toLowerCase() === seen.toLowerCase()) return `Upper and lower case differ at character ${place + 1}`;
  return `They differ from character ${place + 1} on`;
}

/** Where the document of this kind is. */
const placeOf = ({ metadata_url }: Probe['provider'], issuer: string, kind: Kind): URL =>
  metadata_url ? new URL(metadata_url) : metadataUrl(issuer, kind);

async function readDocument(probe: Probe, issuer: string, kind: Kind): Promise<MetadataDocument | string> {
  const init = { headers: { accept: 'application/json' } };
  const response = await getWithinOrigin(probe.provider, placeOf(probe.provider, issuer, kind), init, probe.deps);
  if (!response.ok) return `The server answered with status ${response.status}.`;
  const type = response.headers.get('content-type')?.split(';')[0] ?? 'no type';
  return (await readObject(response)) ?? `The answer is no JSON object (${type}).`;
}

function issuerFinding(issuer: string, document: MetadataDocument): Finding {
  const base = { check: 'issuer', lookedAt: issuer } as const;
  const said = document.issuer;
  if (said === issuer)
    return { ...base, result: 'passes', found: 'The metadata names the issuer of the record, letter by letter.' };
  if (typeof said !== 'string') {
    const mend = 'Look whether this is the metadata of an authorization server (RFC 8414).';
    return { ...base, result: 'fails', found: 'The metadata names no issuer.', mend };
  }
  return {
    ...base,
    result: 'fails',
    found: `The metadata names the issuer ${said}. ${difference(issuer, said)}.`,
    mend: 'Make sure that this is the server you mean, then write its issuer into the record.',
    recordLine: `"issuer": ${JSON.stringify(said)}`,
  };
}

/** Why the hub asks for no metadata, or what became of asking. */
function missing(provider: OAuthProvider, url: string, found: string, mend: string | undefined): Finding {
  if (provider.discovery === 'none')
    return {
      check: 'metadata',
      result: 'unknown',
      lookedAt: url,
      found: 'The record gives the endpoints, and the server publishes no metadata to compare them with.',
    };
  return {
    check: 'metadata',
    result: 'fails',
    lookedAt: url,
    found,
    mend:
      mend ??
      'Correct the issuer, or write authorization_endpoint and token_endpoint into the record: then no metadata is needed.',
    recordLine: provider.discovery === 'oidc' ? '"discovery": "oauth2"' : '"discovery": "oidc"',
  };
}

/** Reads the server's metadata anew and compares its issuer. A record that needs none is compared where there is some. */
export async function checkMetadata(probe: Probe): Promise<SeenMetadata> {
  const { provider, parts } = probe;
  const issuer = provider.issuer.replaceAll(/\{([a-z][a-z0-9_]*)\}/g, (whole, name) => parts?.[name] ?? whole);
  if (issuer.includes('{')) {
    const found = 'The issuer has parts that were not given.';
    return { document: null, findings: [{ check: 'metadata', result: 'unknown', lookedAt: issuer, found }] };
  }
  const kinds: readonly Kind[] = provider.discovery === 'none' ? ['oidc', 'oauth2'] : [provider.discovery];
  let failed: Finding | undefined;
  for (const kind of kinds) {
    const url = placeOf(provider, issuer, kind).href;
    const read = await readDocument(probe, issuer, kind).catch(failureWords);
    if (typeof read === 'object' && !('found' in read)) {
      const found = 'The server publishes its metadata.';
      const findings: Finding[] = [{ check: 'metadata', result: 'passes', lookedAt: url, found }];
      return {
        document: read as MetadataDocument,
        findings: [...findings, issuerFinding(provider.tenant_issuer?.template ?? issuer, read as MetadataDocument)],
      };
    }
    const words = typeof read === 'string' ? { found: read } : read;
    failed = missing(provider, url, String(words.found), 'mend' in words ? String(words.mend) : undefined);
  }
  return { document: null, findings: failed ? [failed] : [] };
}
