import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { getDebianProgram } from '#scripts/debian-programs';
import { freePort } from '#scripts/postgres-server';
import { prepareProgram } from './background-program.ts';

/**
 * Caddy before these processes of the hub, with `deploy/Caddyfile` as it is. In the place of a public authority it is its own,
 * as it always is for `localhost`.
 */
export async function startCaddy(
  ports: readonly number[],
): Promise<{ url: string; log(): string; close(): Promise<void> }> {
  const program = await getDebianProgram('caddy');
  const daemon = await prepareProgram('caddy');
  const port = await freePort();
  copyFileSync('deploy/Caddyfile', join(daemon.folder, 'shipped'));
  const settings = daemon.write(
    'Caddyfile',
    [
      '{',
      '  admin off',
      '  skip_install_trust',
      '  auto_https disable_redirects',
      `  storage file_system ${daemon.folder}/certificates`,
      '}',
      `import ${daemon.folder}/shipped`,
    ].join('\n'),
  );
  await daemon.start(program, ['run', '--config', settings, '--adapter', 'caddyfile'], port, {
    HOME: daemon.folder,
    GRANTKEEP_SITE: `https://localhost:${port}`,
    GRANTKEEP_HUBS: ports.map((own) => `127.0.0.1:${own}`).join(' '),
  });
  return { url: `https://localhost:${port}`, log: daemon.log, close: daemon.close };
}
