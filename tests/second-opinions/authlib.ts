import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { needPython, python } from '#scripts/python-package';
import { client, recordAt, type SecondOpinion } from '#tests/second-opinions/second-opinion';

const script = fileURLToPath(new URL('authlib_server.py', import.meta.url));

/** Authlib's server under Flask, which keeps to OpenID Connect: its record needs an issuer and the client, nothing else. */
export async function startAuthlib(): Promise<SecondOpinion> {
  await needPython('authlib', 'flask');
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
