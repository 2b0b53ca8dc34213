import { presetNames, providerRecordSchema } from '#lib/config/provider-record';
import { type ImportedRecord, importEntry } from '#lib/providers/registry-import/import-entry';
import type { ReportLine } from '#lib/providers/registry-import/import-report';
import { RegistryError, readRegistry } from '#lib/providers/registry-import/read-registry';

export interface ImportResult {
  /** For PROVIDERS_FILE, each accepted by the schema of that file. */
  records: ImportedRecord[];
  lines: ReportLine[];
}

/** Presets that know more of a provider than the registry's entry of another name. */
const presetOf: Readonly<Record<string, string>> = {
  ...{ jira: 'atlassian', confluence: 'atlassian', microsoft: 'entra', 'twitter-v2': 'x', 'google-drive': 'google' },
  ...{ 'google-mail': 'google', 'google-calendar': 'google', 'google-sheet': 'google', 'stripe-express': 'stripe' },
};

/** The schema's objection to a record; null where it takes it. Secrets are not there yet, so each counts as set. */
export function faultOf(record: ImportedRecord): string | null {
  const env = new Proxy<Record<string, string>>({}, { get: () => 'set-later' });
  const parsed = providerRecordSchema({ appUrl: new URL('https://hub.example'), env }).safeParse(record);
  const [issue] = parsed.error?.issues ?? [];
  return issue ? `${issue.path.join('.')}: ${issue.message}` : null;
}

/**
 * Entries of one issuer with different endpoints are one server only where the operator says so. The registry does, and the
 * report tells the operator.
 */
function shareIssuers(imported: readonly { name: string; record: ImportedRecord }[]): ImportResult {
  const byIssuer = Map.groupBy(imported, ({ record }) => record.issuer);
  const lines: ReportLine[] = [];
  const records = imported.map(({ name, record }) => {
    const sharing = byIssuer.get(record.issuer) ?? [];
    const places = new Set(sharing.map((one) => serverIn(one.record)));
    if (places.size <= 1) return record;
    const message = `the record says "shares_issuer": true, since ${sharing.length - 1} more of these have the issuer ${record.issuer} and other endpoints: an account of one is then an account of the others, so check that they are one server`;
    lines.push({ provider: name, field: '(entry)', part: 'identity', kind: 'changed', message });
    return { ...record, shares_issuer: true };
  });
  return { records, lines };
}

/** The fields of entries with one issuer that the start compares, as far as an import writes them. */
function serverIn({ authorization_endpoint, token_endpoint, token_upgrade, redirect_parts }: ImportedRecord): string {
  return JSON.stringify([authorization_endpoint, token_endpoint, token_upgrade, redirect_parts]);
}

function lineFor(provider: string, message: string): ReportLine {
  return { provider, field: '(entry)', part: 'authorization', kind: 'lost', message };
}

/**
 * Writes entries of a registry of providers as records for PROVIDERS_FILE, and reports field by field what they lost.
 * @param names the entries; without any, all that use the authorization code
 * @throws RegistryError where the file cannot be read, or does not have an entry that is named
 */
export function importRegistry(source: string, names: readonly string[]): ImportResult {
  const { entries, faults } = readRegistry(source);
  const missing = names.find((name) => !entries.has(name) && !faults.has(name));
  if (missing !== undefined) throw new RegistryError(`"${missing}" is not in the file.`);
  const all = [...entries].filter(([, { auth_mode }]) => auth_mode === 'OAUTH2').map(([name]) => name);
  const records: { name: string; record: ImportedRecord }[] = [];
  const lines: ReportLine[] = [];
  for (const name of names.length > 0 ? new Set(names) : all) {
    const entry = entries.get(name);
    if (!entry) {
      lines.push(lineFor(name, faults.get(name) ?? 'cannot be read'));
      continue;
    }
    if (entry.auth_mode !== 'OAUTH2') {
      lines.push(lineFor(name, `auth_mode is ${entry.auth_mode}: the hub speaks OAuth 2.0 with authorization codes`));
      continue;
    }
    const imported = importEntry(name, entry);
    lines.push(...imported.lines);
    const fault = imported.record && faultOf(imported.record);
    if (fault) lines.push(lineFor(name, `the record would be refused: ${fault}`));
    if (imported.record && !fault) records.push({ name, record: imported.record });
    const preset = presetNames.find((known) => known === (presetOf[name] ?? name));
    const message = `the preset "${preset}" knows this provider: who an account is, how a grant ends`;
    if (preset) lines.push({ provider: name, field: '(entry)', part: 'identity', kind: 'changed', message });
  }
  const shared = shareIssuers(records);
  return { records: shared.records, lines: [...lines, ...shared.lines] };
}
