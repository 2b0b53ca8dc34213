import { capture } from './processes.ts';
import { canInstallPackages, installPackages } from './system-packages.ts';

const python = '/usr/bin/python3';

/** Debian's library for the second verifier of evidence, installed where that is possible. @throws Error where it is not */
export async function needCryptography(): Promise<void> {
  const has = async () => (await capture(python, ['-c', 'import cryptography'])).status === 0;
  if (await has()) return;
  if (canInstallPackages()) await installPackages('python3-cryptography');
  if (!(await has())) throw new Error('Install python3-cryptography for this test.');
}

/** Runs the second verifier of evidence on a file; `key` is the public key that its reader kept. */
export const verifyByPython = (path: string, ...key: string[]): Promise<{ status: number; output: string }> =>
  capture(python, ['docs/verify_evidence.py', path, ...key]);
