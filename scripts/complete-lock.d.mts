/** Where a platform package runs, in the fields of package.json. */
export interface Platform {
  os?: string[];
  cpu?: string[];
  libc?: string[];
}

export function platformOf(name: string): Platform;

/** Adds the missing optional packages of other platforms to a parsed lock file and returns their names. */
export function completeLock(lock: { packages: Record<string, unknown> }): string[];
