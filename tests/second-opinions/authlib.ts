import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { capture } from '#scripts/processes';
import { canInstallPackages, installPackages } from '#scripts/system-packages';
import { client, recordAt, type SecondOpinion } from '#tests/second-opinions/second-opinion';

const python = '/usr/bin/python3';
const script = fileURLToPath(new URL('authlib_server.py', import.meta.url));

async function hasAuthlib(): Promise<boolean> {
  return (await capture(python, ['-c', 'import authlib, flask'])).status === 0;
}

/** Debian's Python with Authlib and Flask, installed where that is possible. */
async function needAuthlib(): Promise<void> {
  if (await hasAuthlib()) return;
  if (canInstallPackages()) await installPackages('python3-authlib', 'python3-flask');
  if (!(await hasAuthlib())) throw new Error('Install python3-authlib and python3-flask for this test.');
}

/** Authlib's server under Flask, which keeps to OpenID Connect: its record needs an issuer and the client, nothing else. */
export async function startAuthlib(): Promise<SecondOpinion> {
  await needAuthlib();
  const child = spawn(python, [script, client.id, client.secret], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { issuer } = JSON.parse(line) as { issuer: string };
  const { id, name, client_id, client_secret, sign_in, rotation, revoke } = recordAt('authlib', issuer);
  return {
    issuer,
    record: {
      ...{ id, name, issuer, client_id, client_secret, sign_in, rotation, revoke },
      scopes: ['openid', 'profile', 'email'],
    },
    close: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}
