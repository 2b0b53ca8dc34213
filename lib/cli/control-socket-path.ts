import { join } from 'node:path';

/** Where the running process listens for the command line. */
export function controlSocketPath(dataDir: string): string {
  return join(dataDir, 'control.sock');
}
