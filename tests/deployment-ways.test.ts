import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { environmentSchema } from '#lib/config/environment';
import { getHelm } from '#scripts/helm';
import { commandsOf } from '#tests/documented-ways';

/** Runs a line with bash in a folder of its own, where a program stands under its name. */
function runIn(folder: string, line: string, programs: Readonly<Record<string, string>> = {}): string {
  const functions = Object.entries(programs).map(([name, run]) => `${name}() { ${run}; }`);
  return execFileSync('bash', ['--norc', '-euo', 'pipefail', '-c', [...functions, line].join('\n')], {
    cwd: folder,
    encoding: 'utf8',
  });
}

test('Compose: the commands make what compose.yaml asks for', () => {
  const [secrets = '', variables = '', ...engine] = commandsOf('Compose');
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-way-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'deploy'));
  cpSync('deploy/compose-secrets.sh', join(folder, 'deploy/compose-secrets.sh'));
  const text = readFileSync('compose.yaml', 'utf8');
  const compose = parse(text) as { services: Record<string, unknown>; secrets: Record<string, { file: string }> };
  runIn(folder, secrets);
  for (const { file } of Object.values(compose.secrets)) expect(existsSync(join(folder, file))).toBe(true);
  // Variables without a default, as Compose asks for them.
  const needed = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name));
  const given = runIn(folder, `env -i bash --norc -c '${variables}; env'`);
  expect(needed.size).toBeGreaterThan(0);
  for (const name of needed) expect(given).toContain(`\n${name}=`);
  // The engine itself is not at hand; its lines name services that there are.
  expect(engine[0]).toMatch(/^docker compose up /);
  expect(Object.keys(compose.services)).toContain(
    /^docker compose exec (\w+) grantkeep config check$/.exec(engine[1] ?? '')?.[1],
  );
});

test('Kubernetes: the chart is rendered by the documented line, and the secret has variables', async () => {
  const [secret = '', install = ''] = commandsOf('Kubernetes');
  const keys = [...secret.matchAll(/--from-literal=(\w+)=/g)].map(([, name]) => name);
  expect(keys).toEqual(['SESSION_PASSWORD', 'VAULT_KEYS', 'DATABASE_URL']);
  for (const key of keys) expect(Object.keys(environmentSchema.shape)).toContain(key);
  const name = /^kubectl create secret generic (\w+) /.exec(secret)?.[1];
  const helm = resolve(await getHelm());
  const rendered = runIn(process.cwd(), install, { helm: `"${helm}" template "\${@:2}"` });
  const kinds = parseAllDocuments(rendered).flatMap((one) => (one.toJS() as { kind: string } | null)?.kind ?? []);
  expect(kinds).toEqual(expect.arrayContaining(['Deployment', 'Service', 'PodDisruptionBudget', 'NetworkPolicy']));
  // The pods read the very secret that the first line makes.
  expect(rendered).toMatch(new RegExp(`secretName: ${name}$`, 'm'));
}, 300_000);
