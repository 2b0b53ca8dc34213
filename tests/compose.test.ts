import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '#lib/config/config';
import { environmentSchema } from '#lib/config/environment';
import { secretVariables } from '#lib/config/secret-files';

interface Compose {
  services: Record<
    'hub' | 'postgres' | 'proxy',
    { environment: Record<string, string>; secrets?: string[]; networks: string[]; volumes: string[] } & Record<
      string,
      unknown
    >
  >;
  secrets: Record<string, { file: string }>;
  networks: Record<string, unknown>;
  volumes: Record<string, unknown>;
}

const compose = parse(readFileSync('compose.yaml', 'utf8')) as Compose;
const { hub, postgres, proxy } = compose.services;

/** A folder in which the script made its secrets. */
function madeSecrets(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-compose-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'deploy'));
  cpSync('deploy/compose-secrets.sh', join(folder, 'deploy/compose-secrets.sh'));
  execFileSync('deploy/compose-secrets.sh', { cwd: folder });
  return folder;
}

test('the hub of compose.yaml starts with its variables and the secrets that the script makes', () => {
  const folder = madeSecrets();
  const given = {
    GRANTKEEP_SITE: 'connect.example.com',
    SIGN_IN_ALLOW: 'google:@example.com',
    ADMIN_EMAILS: 'ops@example.com',
  };
  const filled = (text: string) => text.replace(/\$\{(\w+)[^}]*\}/g, (_, name: keyof typeof given) => given[name]);
  const environment = Object.fromEntries(
    Object.entries(hub.environment).map(([name, value]) => {
      const secret = /^\/run\/secrets\/(\w+)$/.exec(value)?.[1];
      if (secret) return [name, join(folder, String(compose.secrets[secret]?.file))];
      if (name === 'PROVIDERS_FILE') return [name, value.replace('/etc/grantkeep', join(folder, 'secrets/providers'))];
      return [name, filled(value)];
    }),
  );
  const config = parseConfig(environment);
  expect(config).toMatchObject({ secure: true, host: '0.0.0.0', drainGraceSeconds: 5, providersFile: [] });
  expect(config.appUrl.href).toBe('https://connect.example.com/');
  const password = readFileSync(join(folder, 'secrets/postgres_password'), 'utf8').trim();
  expect(config.databaseUrl).toBe(`postgres://grantkeep:${password}@postgres/grantkeep`);
  expect(statSync(join(folder, 'secrets')).mode & 0o077).toBe(0);
});

test('a second run of the script changes no secret', () => {
  const folder = madeSecrets();
  const read = () => Object.values(compose.secrets).map(({ file }) => readFileSync(join(folder, file), 'utf8'));
  const before = read();
  execFileSync('deploy/compose-secrets.sh', { cwd: folder });
  expect(read()).toEqual(before);
});

test('the hub of compose.yaml runs without rights, and only it reaches the database', () => {
  expect(hub).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  expect(postgres.networks).toEqual(['inside']);
  expect(compose.networks.inside).toEqual({ internal: true });
  expect(proxy.networks).toEqual(['outside']);
  expect(hub).not.toHaveProperty('ports');
  expect(postgres).not.toHaveProperty('ports');
});

test('every name in compose.yaml leads somewhere', () => {
  const known = [...Object.keys(environmentSchema.shape), ...secretVariables.map((name) => `${name}_FILE`)];
  expect(Object.keys(hub.environment).filter((name) => !known.includes(name))).toEqual([]);
  for (const { secrets = [], networks, volumes } of Object.values(compose.services)) {
    expect(secrets.filter((name) => !(name in compose.secrets))).toEqual([]);
    expect(networks.filter((name) => !(name in compose.networks))).toEqual([]);
    const named = volumes.map((text) => String(text.split(':')[0])).filter((name) => !name.startsWith('.'));
    expect(named.filter((name) => !(name in compose.volumes))).toEqual([]);
  }
  const grace = Number(hub.environment.DRAIN_GRACE_SECONDS) + 30;
  expect(Number.parseInt(String(hub.stop_grace_period), 10)).toBeGreaterThanOrEqual(grace);
});
