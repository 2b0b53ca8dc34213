import { browserPattern, matchesPart } from '#lib/config/account-part';
import { isSafePart } from '#lib/config/provider-url';
import type { Part, Report } from '#lib/providers/registry-import/import-report';
import type { ConfigField, RegistryEntry } from '#lib/providers/registry-import/read-registry';

export interface AccountPart {
  name: string;
  label: string;
  pattern: string;
  example: string;
  /** It is a whole server, with its port and its path. */
  base?: true;
}

const placeholder = /\$\{([^{}]*)\}/g;
const letters = 'A-Za-z0-9';
const anyPart = `^[${letters}](?:[${letters}._\\-]{0,253}[${letters}])?$`;

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const oneOf = (values: readonly string[]) => `^(?:${values.map(escaped).join('|')})$`;

/** `connectionConfig.tenantId` → `tenant_id`, as parts are called here. */
export function partName(path: string): string {
  const words = path.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_');
  return words
    .toLowerCase()
    .replace(/^[^a-z]+/, '')
    .slice(0, 40);
}

/** Whether the registry takes a port or a path there, beside a host. */
const hasPortOrPath = ({ pattern, enum: words }: ConfigField): boolean =>
  !words?.length && pattern !== undefined && /[:/]/.test(pattern.replace(/\(\?[:!=<]/g, ''));

/** Examples for parts without one in the registry. */
const stock: Readonly<Record<string, string>> = {
  hostname: 'login.example.com',
  uuid: '11111111-2222-4333-8444-555555555555',
};

function exampleFor(
  field: ConfigField,
  { pattern, base }: { pattern: string; base: boolean },
  hint: string | undefined,
): string | null {
  const digits = '1234567890123456789';
  const candidates = [
    ...[
      field.example?.replace(/\/+$/, ''),
      field.example?.split(/[:/]/)[0],
      hint,
      field.default_value,
      ...(field.enum ?? []),
    ],
    ...[stock[field.format ?? ''], 'example', 'acme', 'com', 'us1', digits.slice(0, 10), digits.slice(0, 15), '1'],
    'login.example.com',
  ];
  return candidates.find((one) => one !== undefined && isSafePart(one, { base }) && matchesPart(pattern, one)) ?? null;
}

/** Collects the `${connectionConfig.…}` of an entry as parts that the person gives. */
export class AccountParts {
  readonly parts = new Map<string, AccountPart>();
  readonly #entry: RegistryEntry;
  readonly #report: Report;
  /** Parts that the server names on the redirect. */
  readonly learnt: Set<string>;

  constructor(entry: RegistryEntry, report: Report, learnt: Iterable<string> = []) {
    this.#entry = entry;
    this.#report = report;
    this.learnt = new Set(learnt);
  }

  /**
   * A text of the registry with its `${…}` as `{parts}`.
   * @param hint what the text's first part is where the registry has a fallback for it
   * @returns null where something in it cannot be carried over; the report says what
   */
  fill(text: string, field: string, part: Part, hint?: string): string | null {
    let complete = true;
    const filled = text.replace(placeholder, (whole, expression: string, at: number) => {
      const fixed = this.#fixedValue(expression.trim());
      if (fixed !== null) return fixed;
      const mayBeBase =
        text.startsWith(`https://${whole}`) && at === 8 && /^(?:[/?#]|$)/.test(text.slice(8 + whole.length));
      const name = this.#partFor(expression.trim(), field, part, { hint, mayBeBase });
      if (name === null) complete = false;
      return name === null ? '' : `{${name}}`;
    });
    return complete ? filled : null;
  }

  /**
   * Two addresses that differ in their host, one of them with a part that lists its words: the person names the host.
   * @returns null where the addresses are not of that kind
   */
  hostsOf(first: string, second: string, part: Part): string | null {
    const [, path] = /\$\{connectionConfig\.([^{}]+)\}/.exec(first) ?? [];
    const words = path === undefined ? [] : (this.#entry.connection_config?.[path]?.enum ?? []);
    const urls = [second, ...words.map((word) => first.replace(placeholder, () => word))].map((text) =>
      URL.parse(text),
    );
    const [fallback] = urls;
    if (!fallback || words.length === 0 || urls.some((url) => url?.pathname !== fallback.pathname)) return null;
    const values = urls.map((url) => url?.host ?? '');
    const name = `${part}_host`;
    this.parts.set(name, { name, label: `Host of the ${part}`, pattern: oneOf(values), example: fallback.host });
    return second.replace(fallback.host, () => `{${name}}`);
  }

  /** A value that people are not asked for, since the registry hides it behind its default. */
  #fixedValue(expression: string): string | null {
    const known = this.#entry.connection_config?.[expression.replace(/^connectionConfig\./, '')];
    return known?.hidden && known.default_value !== undefined ? known.default_value : null;
  }

  #partFor(
    expression: string,
    field: string,
    part: Part,
    { hint, mayBeBase }: { hint: string | undefined; mayBeBase: boolean },
  ): string | null {
    const path = /^connectionConfig\.(.+)$/.exec(expression)?.[1];
    if (path === undefined) {
      this.#report.lost(field, part, `\${${expression}} is computed by the registry`);
      return null;
    }
    // The one part that the hub knows by itself.
    if (path === 'client_id') return 'client_id';
    const name = partName(path);
    if (this.learnt.has(name) || this.parts.has(name)) return name;
    const known = this.#entry.connection_config?.[path] ?? {};
    if (known.secret) {
      this.#report.lost(field, part, `${path} is a secret of each person, which the hub does not ask for`);
      return null;
    }
    if (this.#entry.webhook_response_metadata && known.automated && path.includes('.')) {
      this.#report.lost(field, part, `${path} comes in a webhook`);
      return null;
    }
    const pattern = this.#patternFor(known, path, field, part);
    const wide = hasPortOrPath(known);
    const base = wide && mayBeBase;
    if (wide && !base) this.#report.lost(field, part, `a port or a path in ${path} cannot be given`);
    const example = exampleFor(known, { pattern, base }, hint);
    if (example === null) {
      this.#report.lost(field, part, `${path} may hold characters that no part of a URL may hold here`);
      return null;
    }
    if (known.automated) this.#report.changed(field, part, `each person is asked for ${path}`);
    const label = (known.title || path).slice(0, 60);
    this.parts.set(name, { name, label, pattern, example, ...(base ? { base } : {}) });
    return name;
  }

  #patternFor(known: ConfigField, path: string, field: string, part: Part): string {
    if (known.enum && known.enum.length > 0) return oneOf(known.enum);
    const written = known.pattern;
    if (written === undefined) return anyPart;
    const anchored = written.startsWith('^') && written.endsWith('$') ? browserPattern(written) : null;
    if (anchored === null) {
      this.#report.changed(field, part, `the pattern of ${path} is replaced by a general one`);
      return anyPart;
    }
    return anchored;
  }
}
