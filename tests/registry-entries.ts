import { importRegistry } from '#lib/providers/registry-import/import-registry';

/** What every entry of the registry has. */
export const least = {
  display_name: 'Acme',
  auth_mode: 'OAUTH2',
  authorization_url: 'https://acme.example/authorize',
  token_url: 'https://acme.example/token',
};

/** How the registry writes a value that the person gives, and one that it computes. */
export const asked = (name: string) => ['$', `{connectionConfig.${name}}`].join('');
export const computed = ['$', '{now}'].join('');

/** A registry with these entries, called `acme`, `acme-1` and so on. JSON is YAML, too. */
export const registry = (...entries: object[]) =>
  JSON.stringify(Object.fromEntries(entries.map((entry, at) => [at === 0 ? 'acme' : `acme-${at}`, entry])));

/** The record of one entry, the lines of its report, and the ones that tell of a loss in a flow. */
export function imported(fields: object) {
  const { records, lines } = importRegistry(registry({ ...least, ...fields }), ['acme']);
  const lost = lines.filter(({ kind, part }) => kind === 'lost' && part !== 'calls');
  return { record: records[0], lines, lost: lost.map(({ field, message }) => `${field}: ${message}`) };
}
