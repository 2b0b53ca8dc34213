import { z } from 'zod';
import { returnUrlList } from '#lib/applications/addresses';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';

const contactFault = 'must be an e-mail address or an https: address';

/** An https address without credentials, as a browser writes it. */
function isPlainAddress(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.username === '' && url.password === '' && url.href.length <= 300;
}

const scopeToken = z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]{1,300}$/, 'is not a scope (RFC 6749 §3.3)');

/** The name that people read where it asks for their account: one visible line, no character that hides or turns text. */
export const applicationName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(100)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}\p{DI}]*$/u, 'must be one line of plain text')
  // Letters that only combine with others, or blank ones, would show an empty name.
  .regex(/[\p{L}\p{N}]/u, 'must hold a letter or a number');

/** What an administrator says about an application. */
export const applicationFields = {
  name: applicationName,
  contact: z
    .string()
    .trim()
    .max(300)
    .regex(/^[^\p{C}\p{Z}]*$/u, contactFault)
    .refine((text) => z.email().safeParse(text).success || isPlainAddress(text), contactFault),
  returnUrls: returnUrlList,
  /** Null: every provider. */
  providers: z
    .array(z.string().max(64))
    .min(1, 'must name at least one provider')
    .transform((ids) => [...new Set(ids)])
    .nullable(),
  /** By provider the scopes that it may ask for; a provider that is absent has its record's. */
  scopes: z.record(
    z.string().max(64),
    z
      .array(scopeToken)
      .min(1, 'must name at least one scope')
      .max(100)
      .transform((scopes) => [...new Set(scopes)]),
  ),
};

const details = z.object(applicationFields);
export type ApplicationDetails = z.output<typeof details>;

/**
 * Refuses providers at which nothing can be connected, and scopes of a provider that the application may not use.
 * @throws AppError `invalid_request`
 */
export function assertProviders(ctx: Context, { providers, scopes }: Pick<ApplicationDetails, 'providers' | 'scopes'>) {
  const connectable = new Set(ctx.providers.connectable().map(({ id }) => id));
  const unknown = (providers ?? []).filter((id) => !connectable.has(id));
  const usable = providers ? new Set(providers) : connectable;
  const beside = Object.keys(scopes).filter((id) => !usable.has(id));
  const issues = [
    ...unknown.map(() => ({ path: 'providers', message: 'names a provider that accounts cannot be connected at' })),
    ...beside.map(() => ({ path: 'scopes', message: 'names a provider that the application may not use' })),
  ];
  if (issues.length > 0) throw new AppError('invalid_request', { issues });
}
