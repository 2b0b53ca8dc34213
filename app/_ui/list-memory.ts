const name = (path: string) => `list:${path}`;

/** Storage is refused where a browser blocks what sites store; then nothing is remembered. */
function withStorage<T>(use: (storage: Storage) => T): T | null {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}

/** The address of a list as this tab saw it last; the bare path where it has not been there. */
export function rememberedList(path: string): string {
  const search = withStorage((storage) => storage.getItem(name(path)));
  return search?.startsWith('?') ? path + search : path;
}

/** Remembers, for this tab, with which filters a page was last looked at. */
export function rememberList(path: string, search: string): void {
  withStorage((storage) => storage.setItem(name(path), search));
}
