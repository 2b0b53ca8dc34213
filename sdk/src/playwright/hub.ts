import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { DemoServerId } from './switches.ts';

/** The hub of a running demo, with its authorization servers. */
export interface Hub {
  /** The hub's origin. */
  url: string;
  /** The origin of each authorization server. */
  urls: Partial<Record<DemoServerId, string>>;
  /** `GET {resourceUrl}/google/me` answers a live token of Google's stand-in, and 401 to others. */
  resourceUrl: string;
  /** What `/__demo` of the servers asks for. */
  controlSecret: string;
  /** Runs the hub's command line; answers its standard output. Throws an Error where it fails. */
  grantkeep(...args: string[]): Promise<string>;
}

/** An application that is registered at the hub, with an API key of its own. */
export interface RegisteredApplication {
  id: string;
  /** The API key. It is shown this once. */
  key: string;
}

interface Described {
  url: string;
  urls: Hub['urls'];
  resource_url: string;
  control_secret: string;
  repository: string;
  environment_file: string;
}

/** Reads the file that a demo keeps while it runs. Throws an Error where there is none. */
export function readDemo(file: string): Hub {
  const described = JSON.parse(readFileSync(file, 'utf8')) as Described;
  return {
    url: described.url,
    urls: described.urls,
    resourceUrl: described.resource_url,
    controlSecret: described.control_secret,
    grantkeep: (...args) => runCommandLine(described, args),
  };
}

/**
 * Registers an application whose users connect accounts, as docs/connect-sessions.md describes.
 * @param returnUrl the exact address to which the hub sends its users back
 * @param scopes of the API key; those that an application needs unless told
 */
export async function registerApplication(
  hub: Pick<Hub, 'grantkeep'>,
  name: string,
  returnUrl: string,
  scopes: readonly string[] = ['connections:create', 'connections:read', 'connections:revoke', 'tokens:vend'],
): Promise<RegisteredApplication> {
  const run = async (...args: string[]) => JSON.parse(await hub.grantkeep(...args)) as RegisteredApplication;
  const contact = ['--contact', 'qa@example.com'];
  const { id } = await run('application', 'create', '--name', name, ...contact, '--return-url', returnUrl);
  const may = scopes.flatMap((scope) => ['--scope', scope]);
  const { key } = await run('api-key', 'create', '--name', name, '--application', id, ...may);
  return { id, key };
}

function runCommandLine({ repository, environment_file }: Described, args: readonly string[]): Promise<string> {
  const env = { ...process.env, ...parseEnv(readFileSync(environment_file, 'utf8')) };
  // The command line needs Node 24, and these tests may run under Node 20.
  const own = join(repository, 'node_modules/.bin/node');
  const node = existsSync(own) ? own : process.execPath;
  const child = spawn(node, [join(repository, 'scripts/grantkeep.mjs'), ...args], { cwd: repository, env });
  let output = '';
  let faults = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    faults += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (status) => {
      if (status === 0) resolve(output);
      else reject(new Error(`grantkeep ${args.join(' ')} ended with status ${status}: ${faults}`));
    });
  });
}
