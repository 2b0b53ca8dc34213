/** One browser's cookies at one host, as far as the demo's pages need them: names, paths, deletion. */
export class CookieJar {
  readonly #cookies = new Map<string, { name: string; value: string; path: string }>();

  /** Takes the `Set-Cookie` lines of an answer. */
  keep(lines: readonly string[], url: URL): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const split = pair.indexOf('=');
      const name = pair.slice(0, split);
      const value = pair.slice(split + 1);
      const written = attributes.find((attribute) => attribute.toLowerCase().startsWith('path='));
      const path = written?.slice('path='.length) ?? url.pathname;
      const key = `${name} ${path}`;
      if (value === '') this.#cookies.delete(key);
      else this.#cookies.set(key, { name, value, path });
    }
  }

  /** The `Cookie` header for a request, longest path first (RFC 6265 §5.4). */
  header(url: URL): string {
    return [...this.#cookies.values()]
      .filter(({ path }) => url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
      .sort((one, other) => other.path.length - one.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }
}
