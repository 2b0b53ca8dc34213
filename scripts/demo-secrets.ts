import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeDataFolder } from '#lib/db/close-data-folder';

/** Secrets that only the demo makes up by itself, in the names of the environment variables they fill. */
export interface DemoSecrets {
  SESSION_PASSWORD: string;
  VAULT_KEYS: string;
}

/** Reads the secrets of a data folder, or makes them on the first run: the folder with mode 0700, the file with 0600. */
export function demoSecrets(folder: string): DemoSecrets {
  closeDataFolder(folder);
  const file = join(folder, 'secrets.json');
  const made: DemoSecrets = {
    SESSION_PASSWORD: randomBytes(32).toString('base64url'),
    VAULT_KEYS: `demo-1:${randomBytes(32).toString('base64')}`,
  };
  try {
    // Fails when the file is there, so that two first runs cannot overwrite each other's keys.
    writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    return made;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return JSON.parse(readFileSync(file, 'utf8')) as DemoSecrets;
  }
}
