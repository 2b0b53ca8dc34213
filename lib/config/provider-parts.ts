import { z } from 'zod';
import { browserPattern, matchesPart } from '#lib/config/account-part';
import { isSafePart, placeholderNames } from '#lib/config/provider-url';

/** The name of a part, and of a field that a connection keeps. */
export const word = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be lower-case letters, digits and _');

/** A part of addresses that the person who connects gives. */
export const accountParam = z
  .strictObject({
    name: word,
    label: z.string().min(1).max(60),
    pattern: z.string(),
    example: z.string(),
    base: z.boolean().optional(),
  })
  .transform((param, ctx) => {
    const fault = (field: 'pattern' | 'example', message: string) =>
      ctx.addIssue({ code: 'custom', path: [field], message });
    if (!param.pattern.startsWith('^') || !param.pattern.endsWith('$')) fault('pattern', 'must be anchored: ^…$');
    if (!isSafePart(param.example, param)) fault('example', 'cannot stand in a URL');
    const pattern = browserPattern(param.pattern);
    if (pattern === null) fault('pattern', 'is not a regular expression that browsers take (they use the v flag)');
    else if (!matchesPart(pattern, param.example)) fault('example', 'does not match its pattern');
    return { ...param, pattern: pattern ?? param.pattern };
  });

/** Fields with texts that may hold `{parts}`, wherever in the entry these texts stand. */
const templateFields = [
  ...(['issuer', 'authorization_endpoint', 'token_endpoint', 'revocation_endpoint', 'introspection_endpoint'] as const),
  ...(['pushed_authorization_request_endpoint', 'userinfo_endpoint', 'jwks_uri', 'refresh_endpoint'] as const),
  ...(['authorization_params', 'token_params'] as const),
  ...(['refresh_params', 'identity', 'lookups', 'token_upgrade', 'token_renewal'] as const),
];
type TemplateField = (typeof templateFields)[number];

/** Every text of the entry that may hold `{parts}`, with its field. */
export function templatesOf(entry: Partial<Record<TemplateField, unknown>>): [field: TemplateField, text: string][] {
  const texts = (value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    if (typeof value !== 'object' || value === null) return [];
    // The braces of a GraphQL query are its own.
    return Object.entries(value).flatMap(([name, inner]) => (name === 'body' ? [] : texts(inner)));
  };
  return templateFields.flatMap((field) => texts(entry[field]).map((text): [TemplateField, string] => [field, text]));
}

interface PartsEntry extends Partial<Record<TemplateField, unknown>> {
  preset?: string | undefined;
  account_params?: z.infer<typeof accountParam>[] | undefined;
  redirect_parts?: { name: string }[] | undefined;
}

/** The part with which an address begins, and nothing else of that address: `https://{base}/authorize`. */
const atTheBase = /^https?:\/\/\{([a-z][a-z0-9_]*)\}(?=[/?#]|$)/;

/** `{parts}` that nothing fills, and those with a port or a path where only a part of a host may stand. */
export function partFaults(entry: PartsEntry): [field: TemplateField, message: string][] {
  const { account_params = [], redirect_parts = [] } = entry;
  const described = new Set([...account_params, ...redirect_parts].map(({ name }) => name));
  const bases = new Set(account_params.filter(({ base }) => base).map(({ name }) => name));
  return templatesOf(entry).flatMap(([field, text]) => {
    const names = placeholderNames(text);
    // A preset may ask for parts of its own; the joint parts of it and the entry are checked when they are merged.
    const unknown = names.filter((name) => !described.has(name) && name !== 'client_id' && !entry.preset);
    const misplaced = /^https?:/.test(text)
      ? placeholderNames(text.replace(atTheBase, '')).filter((name) => bases.has(name))
      : [];
    return [
      ...unknown.map((name): [TemplateField, string] => [field, `{${name}} is not among account_params`]),
      ...misplaced.map((name): [TemplateField, string] => [field, `{${name}} may only stand as https://{${name}}/…`]),
    ];
  });
}
