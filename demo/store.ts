import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Row {
  model: string;
  payload: Record<string, unknown>;
  /** Epoch milliseconds, or null for what does not expire. */
  expires: number | null;
}

interface Section {
  rows: Record<string, Row>;
}

/** Rows of these models never reach the file: they live for minutes and belong to a browser. */
const transient = new Set(['Interaction', 'Session']);
/** The ids of these models are the secrets themselves, so only their hashes are kept. */
const secret = new Set(['AccessToken', 'RefreshToken', 'AuthorizationCode']);

const keyOf = (model: string, id: string) =>
  `${model}:${secret.has(model) ? createHash('sha256').update(id).digest('base64url') : id}`;

/** One server's rows: what oidc-provider's adapter, the accounts and the notes on grants are kept in. */
export class ServerStore {
  readonly rows: Map<string, Row>;
  readonly #changed: () => void;

  constructor(rows: Map<string, Row>, changed: () => void) {
    this.rows = rows;
    this.#changed = changed;
  }

  get(model: string, id: string): Row | undefined {
    const key = keyOf(model, id);
    const row = this.rows.get(key);
    if (row?.expires && row.expires <= Date.now()) {
      this.rows.delete(key);
      return undefined;
    }
    return row;
  }

  set(model: string, id: string, payload: Record<string, unknown>, expiresInS?: number): void {
    const { jti: _, ...rest } = payload;
    const expires = expiresInS === undefined ? null : Date.now() + expiresInS * 1000;
    this.rows.set(keyOf(model, id), { model, payload: rest, expires });
    if (!transient.has(model)) this.#changed();
  }

  delete(model: string, id: string): void {
    if (this.rows.delete(keyOf(model, id))) this.#changed();
  }

  /** Live rows of one model in the order they were written, with the key that `deleteKey` takes. */
  *list(model: string): Generator<[key: string, row: Row]> {
    const now = Date.now();
    for (const [key, row] of this.rows) {
      if (row.model === model && (row.expires === null || row.expires > now)) yield [key, row];
    }
  }

  /** Replaces the live rows of a model for which `change` answers another. Answers how many. */
  change(model: string, change: (row: Row) => Row | null): number {
    const changes = [...this.list(model)].flatMap(([key, row]) => {
      const changed = change(row);
      return changed ? [[key, changed] as const] : [];
    });
    for (const [key, row] of changes) this.rows.set(key, row);
    this.#changed();
    return changes.length;
  }

  deleteWhere(model: string, matches: (payload: Record<string, unknown>) => boolean): void {
    for (const [key, row] of this.list(model)) if (matches(row.payload)) this.rows.delete(key);
    this.#changed();
  }
}

/** The file behind all servers of one demo: one JSON document of mode 0600, replaced whole by a rename. */
export class DemoStore {
  readonly #path: string | null;
  readonly #sections: Map<string, ServerStore>;
  readonly #loaded: Record<string, Section>;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(path: string | null) {
    this.#path = path;
    this.#sections = new Map();
    this.#loaded = path ? readSections(path) : {};
  }

  section(name: string): ServerStore {
    const known = this.#sections.get(name);
    if (known) return known;
    const rows = new Map(Object.entries(this.#loaded[name]?.rows ?? {}));
    const store = new ServerStore(rows, () => this.#schedule());
    this.#sections.set(name, store);
    return store;
  }

  #schedule(): void {
    if (!this.#path || this.#closed) return;
    this.#timer ??= setTimeout(() => this.#flush(), 50);
  }

  /** Writes once more, and never after: changes under way then are lost, as with a killed server. */
  close(): void {
    this.#flush();
    this.#closed = true;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#path) return;
    const now = Date.now();
    const sections: Record<string, Section> = { ...this.#loaded };
    for (const [name, store] of this.#sections) {
      const kept = [...store.rows].filter(
        ([, row]) => !transient.has(row.model) && (row.expires === null || row.expires > now),
      );
      sections[name] = { rows: Object.fromEntries(kept) };
    }
    writePrivate(this.#path, JSON.stringify(sections));
  }
}

function readSections(path: string): Record<string, Section> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, Section>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** Replaces a file that only its owner may read. */
export function writePrivate(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.next`;
  writeFileSync(next, content, { mode: 0o600 });
  chmodSync(next, 0o600);
  renameSync(next, path);
}
