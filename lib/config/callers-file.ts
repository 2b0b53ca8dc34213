import { resolve } from 'node:path';

/**
 * The file that the caller named. The command line runs in the product's folder, and `scripts/grantkeep.mjs` says in
 * `GRANTKEEP_CALLED_IN` where it was called. Without that the name stays as it is, and so does `-`, the standard input.
 * @param environment the variables of this process
 */
export function callersFile(
  file: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const folder = environment.GRANTKEEP_CALLED_IN;
  return folder && file !== '-' ? resolve(folder, file) : file;
}
