import { capture } from './processes.ts';
import { needPython, python } from './python-package.ts';

/** Debian's library for the second verifier of evidence, installed where that is possible. @throws Error where it is not */
export const needCryptography = (): Promise<void> => needPython('cryptography');

/** Runs the second verifier of evidence on a file; `key` is the public key that its reader kept. */
export const verifyByPython = (path: string, ...key: string[]): Promise<{ status: number; output: string }> =>
  capture(python, ['docs/verify_evidence.py', path, ...key]);
