import { createContext, Script } from 'node:vm';
import { isSafePart } from '#lib/config/provider-url';

/** Characters that mean themselves in a class under the `u` flag, and have to be escaped under `v`. */
const escaped = new Set('()[{}/|-');
/** Characters that are reserved under `v` where two stand together (ECMA-262, ClassSetReservedDoublePunctuator). */
const reservedTwice = new Set('&!#$%*+,.:;<=>?@^`~');

const atomOf = /\\(?:u\{[^}]*\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[pP]\{[^}]*\}|.)|./gsu;

/** One class of a pattern, `[…]` without its brackets, as the `v` flag wants it written. */
function rewriteClass(inner: string): string {
  const negated = inner.startsWith('^') ? '^' : '';
  const atoms = inner.slice(negated.length).match(atomOf) ?? [];
  const write = (at: number) => {
    const atom = atoms[at] ?? '';
    const twice = reservedTwice.has(atom) && (atoms[at - 1] === atom || atoms[at + 1] === atom);
    return escaped.has(atom) || twice ? `\\${atom}` : atom;
  };
  let written = negated;
  for (let at = 0; at < atoms.length; ) {
    const isRange = atoms[at + 1] === '-' && at + 2 < atoms.length;
    written += isRange ? `${write(at)}-${write(at + 2)}` : write(at);
    at += isRange ? 3 : 1;
  }
  return written;
}

function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, 'v');
    return true;
  } catch {
    return false;
  }
}

/**
 * A pattern as browsers understand it in `<input pattern>`: they compile it with the `v` flag, and ignore it where that
 * fails (HTML Standard, "the pattern attribute"). Classes are rewritten where that changes nothing of their meaning.
 * @returns null where it cannot be done
 */
export function browserPattern(pattern: string): string | null {
  if (compiles(pattern)) return pattern;
  const rewritten = pattern.replace(/\\.|\[((?:\\.|[^\]\\])*)\]/gsu, (whole, inner: string | undefined) =>
    inner === undefined ? whole : `[${rewriteClass(inner)}]`,
  );
  return compiles(rewritten) ? rewritten : null;
}

/** A pattern may need longer than the age of the world for a value that somebody chose for it. Milliseconds. */
const longestMatchMs = 250;
const matching = new Script('new RegExp(pattern, "v").test(value)');

/** The whole value has to match, as in browsers: `^us|eu$` alone would take `us.example`. */
const whole = (pattern: string): string => `^(?:${pattern})$`;

/** Whether a pattern has no group and at most two repetitions, so that its time is short for any value. */
const isQuick = (pattern: string): boolean => {
  const outside = pattern.replace(/\\.|\[(?:\\.|[^\]\\])*\]/gsu, 'x');
  return !/[()[\]]/.test(outside) && (outside.match(/[*+?{]/g) ?? []).length <= 2;
};

/** The test, ended where it takes too long: a match that is not found by then is none. */
function testInTime(pattern: string, value: string): boolean {
  try {
    return matching.runInContext(createContext({ pattern, value }), { timeout: longestMatchMs }) === true;
  } catch (error) {
    // The error may be of the other context's kind.
    if ((error as { code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
}

/** Whether a value may stand as that part: the pattern has to match all of it, within a quarter of a second. */
export function matchesPart(pattern: string, value: string): boolean {
  if (value.length > 255) return false;
  return isQuick(pattern) ? new RegExp(whole(pattern), 'v').test(value) : testInTime(whole(pattern), value);
}

/** Text as people copy it: without invisible characters, and without the brackets and quotes around it. */
const tidied = (typed: string): string =>
  typed
    .replace(/\p{Cf}/gu, '')
    .trim()
    .replace(/^[<("'“”‘’`]+|[>)"'“”‘’`,;]+$/gu, '')
    .trim();

/** An address as people copy it: also without its scheme, and with the dot behind a whole host. */
function addressIn(text: string): URL | null {
  const hasScheme = /^(?:[a-z][a-z0-9+.-]*:\/\/|https?:)/i.test(text);
  const url = URL.parse(hasScheme ? text : `https://${text.replace(/^\/+/, '')}`);
  // A user before the host leads elsewhere than it looks.
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return null;
  url.hostname = url.hostname.replace(/\.$/, '');
  return url;
}

/** Literal text in a regular expression. */
const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/**
 * A template up to the segment with the part, as a pattern of addresses: the part is what it captures, other parts are any
 * segment or label. Null where the part stands in neither host nor path.
 */
function addressPattern(name: string, template: string): RegExp | null {
  const [, host = '', path = ''] = /^https?:\/\/([^/?#]+)([^?#]*)/i.exec(template) ?? [];
  const part = `{${name}}`;
  const segments = path.split('/').slice(1);
  const last = segments.findIndex((segment) => segment.includes(part));
  if (!host.includes(part) && last < 0) return null;
  const write = (text: string, other: string) =>
    text
      .split(/(\{\w+\})/)
      .map((piece) => (piece === part ? '(?<part>[^/]+)' : /^\{\w+\}$/.test(piece) ? other : literally(piece)))
      .join('');
  const written = host.includes(part)
    ? ''
    : segments
        .slice(0, last + 1)
        .map((segment) => `\\/${write(segment, '[^/]+')}`)
        .join('');
  try {
    return new RegExp(`^${write(host.toLowerCase().replace(part.toLowerCase(), part), '[^/.]+')}${written}(?=\\/|$)`);
  } catch {
    // The part stands there twice.
    return null;
  }
}

/** The part in a pasted address: the text at `{name}` in the host of one of the templates, or else in its path. */
function fromAddress(name: string, text: string, templates: readonly string[]): string | null {
  const url = addressIn(text);
  if (!url) return null;
  for (const template of templates) {
    const found = addressPattern(name, template)?.exec(url.host + url.pathname)?.groups?.part;
    if (found !== undefined) return found;
  }
  return null;
}

/** A whole server as URLs write it: the host in lower case, no port that is usual, no slash at the end. */
function asBase(text: string): string | null {
  const url = URL.parse(/^https?:\/\//i.test(text) ? text : `https://${text}`);
  return url && !url.username && !url.password ? url.host + url.pathname.replace(/\/+$/, '') : null;
}

/**
 * The typed text for a part of the provider's addresses: as it is, in lower case, or cut out of a pasted address.
 * @param templates the addresses of the record, some with `{parts}`
 * @returns null where none of these matches the pattern
 */
export function readPart(
  part: { name: string; pattern: string; base?: boolean | undefined },
  typed: string,
  templates: readonly string[],
): string | null {
  const text = tidied(typed);
  const pasted = part.base ? null : fromAddress(part.name, text, templates);
  const readings = part.base ? [asBase(text)] : [text, text.toLowerCase(), pasted, pasted?.toLowerCase()];
  return readings.find((one) => one != null && isSafePart(one, part) && matchesPart(part.pattern, one)) ?? null;
}
