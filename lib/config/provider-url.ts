import { z } from 'zod';
import { bareHostname, classifyHost, isLoopbackHost } from '#lib/config/address-class';

/**
 * Characters of the longest address that the browser is sent to. It stands in our `Location`, beside some 2 kB of other
 * headers, so a proxy's buffer of 32 KiB holds all; most servers take far less (8 to 16 KiB).
 */
export const longestAuthorizationUrl = 24_000;

export interface RecordContext {
  /** The hub's own origin: plain http for a provider is accepted only where this is loopback too. */
  appUrl: URL;
  /** Values for `…_env` fields; a field that names a variable absent here is a fault. */
  env?: Readonly<Record<string, string | undefined>>;
}

const placeholder = /\{([a-z][a-z0-9_]*)\}/g;

/** The names of the `{parts}` in a URL template, such as `shop` in `https://{shop}.example.com/`. */
export function placeholderNames(template: string): string[] {
  return [...template.matchAll(placeholder)].map((match) => match[1] ?? '');
}

/** A value that may stand in a URL: no character that could end a host or a path segment, so it cannot lead elsewhere. */
export const safePart = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/;

/** A whole server, as `https://{base}/…` has it: a host, then perhaps a port, then perhaps segments of a path. */
const safeBase = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(?::[0-9]{1,5})?(?:\/[A-Za-z0-9._~-]+)*$/;
/** Segments that a URL's parser takes away, with the one before them. */
const dotSegment = /(?:^|\/)\.{1,2}(?:\/|$)/;

/** Whether a value may stand where this part stands. */
export function isSafePart(value: string, { base = false }: { base?: boolean | undefined }): boolean {
  if (safePart.test(value)) return true;
  return base && value.length <= 255 && safeBase.test(value) && !value.includes('..') && !dotSegment.test(value);
}

const noBases: ReadonlySet<string> = new Set();

/**
 * Replaces `{parts}` and nothing else, since an issuer is compared letter by letter. Every value must be a `safePart`; a
 * missing or unsafe one gives null, as does a result that is not a URL.
 * @param bases the parts that may be a whole server, where the address begins with them
 */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string>>,
  bases: ReadonlySet<string> = noBases,
): string | null {
  let complete = true;
  const filled = template.replace(placeholder, (whole, name: string, at: number) => {
    const value = values[name];
    const after = template[at + whole.length] ?? '/';
    const begins = /^https?:\/\/$/.test(template.slice(0, at)) && '/?#'.includes(after);
    const base = begins && bases.has(name);
    if (value !== undefined && isSafePart(value, { base }) && !value.includes('..')) return value;
    complete = false;
    return '';
  });
  return complete && !/[{}]/.test(filled) && URL.canParse(filled) ? filled : null;
}

/** Why a URL may not be an endpoint, in words for the operator, or null. */
export function endpointFault(url: URL, appUrl: URL): string | null {
  if (url.protocol === 'http:') {
    if (!isLoopbackHost(url)) return 'must be https: (http: is accepted for loopback hosts only)';
    if (!isLoopbackHost(appUrl)) return 'must be https: (http: is accepted only while APP_URL is loopback too)';
  } else if (url.protocol !== 'https:') return 'must be https:';
  if (classifyHost(bareHostname(url)) === 'never')
    return 'names a link-local or metadata address, which is never called';
  if (url.username || url.password) return 'must not carry credentials';
  if (url.hash) return 'must not carry a fragment';
  return null;
}

function templateFault(template: string, { appUrl }: RecordContext): string | null {
  const examples = Object.fromEntries(placeholderNames(template).map((name) => [name, 'example']));
  const filled = fillTemplate(template, examples);
  return filled ? endpointFault(new URL(filled), appUrl) : 'must be an absolute URL';
}

/** An endpoint, absolute, with or without `{parts}`. */
export function endpointSchema(context: RecordContext) {
  return z.string().superRefine((template, ctx) => {
    const fault = templateFault(template, context);
    if (fault) ctx.addIssue(fault);
  });
}

/** The same without `{parts}`. */
export function fixedEndpointSchema(context: RecordContext) {
  return endpointSchema(context).refine((text) => placeholderNames(text).length === 0, 'cannot hold {parts}');
}

/** Where browsers are sent: the one endpoint that may carry a fragment, as a page that routes by it needs. */
export function authorizationEndpointSchema(context: RecordContext) {
  return z.string().superRefine((template, ctx) => {
    const fault = templateFault(template.replace(/#[^{}]*$/, ''), context);
    if (fault) ctx.addIssue(fault);
  });
}
