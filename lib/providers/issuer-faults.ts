import type { ProviderRecordInput } from '#lib/config/provider-record';
import { isTenantIssuer } from '#lib/config/tenant-issuer';
import { endpointTemplates } from '#lib/providers/endpoint-templates';
import type { PresetName } from '#lib/providers/preset';
import { presets } from '#lib/providers/presets';
import type { ProviderRecord } from '#lib/providers/record';
import { filledParts } from '#lib/providers/request-rules';

/** Addresses that say nothing of who somebody is: another one there makes no other account. */
const besides = /^(issuer|(refresh|revocation)_endpoint|lookups\..*|token_renewal\..*)$/;

/** Where a server's answers about people come from, by field. A field that its metadata says is not there. */
function placesOf(fields: Parameters<typeof endpointTemplates>[0]): Map<string, string> {
  return new Map(endpointTemplates(fields).filter(([field]) => !besides.test(field)));
}

interface Pair {
  entry: ProviderRecordInput;
  record: ProviderRecord;
}

/** One record as the others of its issuer see it. */
interface Server {
  /** Under a name that is not the server's own, its metadata may be anybody's. */
  origin: string | undefined;
  places: Map<string, string>;
  /** The preset's knowledge of the server of this very issuer: its metadata may say the same. */
  known: Map<string, string>;
  /** Servers that stand for a `{part}` of an address. */
  parts: string;
}

function serverOf(record: ProviderRecord, issuer: string): Server {
  const preset = record.preset ? presets[record.preset as PresetName].record() : {};
  return {
    origin: /^https?:\/\/[^/]+/i.exec(record.issuer)?.[0],
    places: placesOf(record),
    known: preset.issuer === issuer ? placesOf(preset) : new Map(),
    parts: JSON.stringify(record.redirect_parts.map(({ name, values }) => [name, values])),
  };
}

/**
 * Whether two records have one set of endpoints. An endpoint that only one of them has written must be known of the
 * issuer.
 */
function isSame(one: Server, other: Server): boolean {
  if (one.origin !== other.origin || one.parts !== other.parts) return false;
  return [...new Set([...one.places.keys(), ...other.places.keys()])].every((field) => {
    const [here, there] = [one.places.get(field), other.places.get(field)];
    if (here === there) return true;
    if (here !== undefined && there !== undefined) return false;
    return (here === undefined ? other : one).known.get(field) === (here ?? there);
  });
}

/** The source and the fields of a subject: the ID token and userinfo tell of one account alike (OpenID Connect Core §5.3.2). */
function subjectRule({ identity: { source, key } }: ProviderRecord): string {
  return JSON.stringify([source === 'id_token' || source === 'userinfo' ? 'claims' : source, key]);
}

/**
 * Entries of one issuer that sign people in share its subjects. Under another key, a value that a person may choose, as a
 * name, could be the subject of somebody else.
 */
function subjectFaults(issuer: string, sharing: readonly Pair[]): string[] {
  const signing = sharing.map(({ record }) => record).filter(({ sign_in }) => sign_in);
  if (new Set(signing.map(subjectRule)).size < 2) return [];
  return signing.map((record) => {
    const others = signing.filter((one) => one !== record).map(({ id }) => `"${id}"`);
    return `PROVIDERS_FILE: "${record.id}", identity.key: people of ${issuer} sign in through ${others.join(', ')} too, known by another key or source; entries with sign_in that share an issuer need the same, or one of them an identity.issuer of its own`;
  });
}

/**
 * A person is known by issuer and subject. So an issuer belongs to one set of endpoints: another set under the same issuer
 * could say of anybody there that they are here. The merged records are compared: a preset's endpoints stay where an entry
 * writes another issuer above them. Two clients of one server have the same endpoints, or none written; else each of them
 * has to say `shares_issuer`.
 * @returns a sentence for each entry that is at fault
 */
export function issuerFaults(pairs: readonly Pair[]): string[] {
  const templates = pairs.flatMap(({ record }) => record.tenant_issuer ?? []);
  // An issuer that a tenant could have belongs to the server of the tenants.
  const claimed = (record: ProviderRecord) => {
    const { issuer, identity, tenant_issuer } = record;
    const own = identity.issuer ?? tenant_issuer?.template;
    // A part of the issuer that the redirect names is each of its values.
    return (own === undefined ? filledParts(record, issuer) : [own]).map(
      (one) => templates.find((rule) => isTenantIssuer(rule, one, { listed: false }))?.template ?? one,
    );
  };
  const claims = pairs.flatMap((pair) => [...new Set(claimed(pair.record))].map((issuer) => ({ ...pair, issuer })));
  const byIssuer = Map.groupBy(claims, ({ issuer }) => issuer);
  const faults: string[] = [];
  for (const [issuer, sharing] of byIssuer) {
    faults.push(...subjectFaults(issuer, sharing));
    const servers = sharing.map(({ record }) => serverOf(record, issuer));
    if (servers.every((one, at) => servers.slice(at + 1).every((other) => isSame(one, other)))) continue;
    for (const { entry, record } of sharing) {
      if (entry.shares_issuer) continue;
      const others = sharing.filter((one) => one.record !== record).map((one) => `"${one.record.id}"`);
      faults.push(
        `PROVIDERS_FILE: "${record.id}", issuer: ${issuer} is also the issuer of ${others.join(', ')}, with other endpoints; where they are one server, every entry must say "shares_issuer": true`,
      );
    }
  }
  return [...new Set(faults)];
}
