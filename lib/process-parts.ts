/**
 * Parts that must exist once per process. Next bundles its own copies of our modules, so a module-level
 * variable would exist two or three times; `globalThis` is the one place they all share.
 */
const key = Symbol.for('grantkeep.registry');
type Holder = typeof globalThis & { [key]?: Map<string, unknown> };

function parts(): Map<string, unknown> {
  const holder = globalThis as Holder;
  holder[key] ??= new Map();
  return holder[key];
}

/** Returns the process's part of that name, making it at the first call. */
export function once<T>(name: string, make: () => T): T {
  const held = parts();
  if (!held.has(name)) held.set(name, make());
  return held.get(name) as T;
}

/** The part of that name if it was made, else undefined. */
export function existing<T>(name: string): T | undefined {
  return parts().get(name) as T | undefined;
}

/** Forgets a part, so that the next `once` makes it anew (a failed start, a shutdown). */
export function forget(name: string): void {
  parts().delete(name);
}
