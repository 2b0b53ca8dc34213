import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { getDebianProgram } from '#scripts/debian-programs';
import { freePort } from '#scripts/postgres-server';
import { prepareProgram } from './background-program.ts';

/** The file that docs/deployment.md gives for nginx, with other values for what differs on each machine. */
function documented(lines: readonly (readonly [from: RegExp, to: string])[]): string {
  const page = readFileSync(fileURLToPath(new URL('../../docs/deployment.md', import.meta.url)), 'utf8');
  let text = /```nginx\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  for (const [from, to] of lines) {
    if (!from.test(text)) throw new Error(`The file of docs/deployment.md has no line ${from}`);
    text = text.replace(from, to);
  }
  return text;
}

/** nginx before one process of the hub, set up as the documentation says, and without TLS. */
export async function startNginx(hubPort: number): Promise<{ url: string; log(): string; close(): Promise<void> }> {
  const program = await getDebianProgram('nginx');
  const daemon = await prepareProgram('nginx');
  const port = await freePort();
  const site = daemon.write(
    'grantkeep.conf',
    documented([
      [/listen 443 ssl;/, `listen 127.0.0.1:${port};`],
      [/ *ssl_certificate .*\n/, ''],
      [/ *ssl_certificate_key .*\n/, ''],
      [/127\.0\.0\.1:3000/, `127.0.0.1:${hubPort}`],
    ]),
  );
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const main = daemon.write(
    'nginx.conf',
    [
      'daemon off;',
      // One process: workers would outlive a master that is killed.
      'master_process off;',
      `pid ${daemon.folder}/nginx.pid;`,
      'error_log stderr;',
      'events {}',
      'http {',
      '  access_log off;',
      ...folders.map((name) => `  ${name}_temp_path ${daemon.folder}/${name};`),
      `  include ${site};`,
      '}',
    ].join('\n'),
  );
  await daemon.start(program, ['-e', 'stderr', '-p', daemon.folder, '-c', main], port);
  return { url: `http://127.0.0.1:${port}`, log: daemon.log, close: daemon.close };
}
