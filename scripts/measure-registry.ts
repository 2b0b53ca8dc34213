// How much of a registry of providers the import carries over: node scripts/measure-registry.ts <providers.yaml>
import { readFileSync } from 'node:fs';
import { importRegistry } from '#lib/providers/registry-import/import-registry';
import { readRegistry } from '#lib/providers/registry-import/read-registry';

const [file] = process.argv.slice(2);
if (!file) {
  console.error('Usage: node scripts/measure-registry.ts <providers.yaml>');
  process.exit(2);
}
const source = readFileSync(file, 'utf8');
const { entries, faults } = readRegistry(source);
const asked = [...entries].filter(([, { auth_mode }]) => auth_mode === 'OAUTH2').map(([name]) => name);
const { records, lines } = importRegistry(source, asked);
const lost = lines.filter(({ kind, part }) => kind === 'lost' && part !== 'calls');
const byFile = new Set(lost.filter(({ field }) => field !== '(code)').map(({ provider }) => provider));
const byProvider = Map.groupBy(lost, ({ provider }) => provider);
const whole = asked.filter((name) => !byProvider.has(name));
const share = ((100 * whole.length) / asked.length).toFixed(1);

console.log(
  `${entries.size + faults.size} entries, ${asked.length} with authorization codes, ${faults.size} unreadable`,
);
console.log(`${records.length} records that the schema takes`);
const open = new Set(lines.filter(({ message }) => message.includes('does not start')).map(({ provider }) => provider));
console.log(`${open.size} of them only once the operator narrows which server a person may name`);
const ofFile = asked.filter((name) => !byFile.has(name)).length;
const ofFileShare = ((100 * ofFile) / asked.length).toFixed(1);
console.log(
  `${ofFile} (${ofFileShare} %) without a loss of what the file says in authorization, exchange, refresh, identity`,
);
console.log(`${whole.length} (${share} %) without a loss of what the registry does by code either`);
for (const [name, losses] of byProvider) {
  for (const { field, part, message } of losses) console.log(`  ${name}: ${field} (${part}): ${message}`);
}
