import { resolve } from 'node:path';

/**
 * The file that the caller named. npm runs the command line in this package's folder, and says in `INIT_CWD` where it was
 * called from. Without npm the name stays as it is, and so does `-`, the standard input.
 * @param environment the variables that npm sets
 */
export function callersFile(
  file: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const { npm_lifecycle_event: script, INIT_CWD: folder } = environment;
  return script === 'grantkeep' && folder && file !== '-' ? resolve(folder, file) : file;
}
