import { z } from 'zod';
import { endpointSchema, fillTemplate, placeholderNames, type RecordContext, safePart } from '#lib/config/provider-url';

/** One part, in the path: a host that a tenant names could be another server's. */
const onePart = /^https?:\/\/[^/{}?#]+\/[^{}?#]*\{[a-z][a-z0-9_]*\}[^{}?#]*$/;

/** The field of an entry for a server with an issuer for each of its tenants. */
export const tenantIssuer = (context: RecordContext) =>
  z.strictObject({
    template: endpointSchema(context).refine(
      (text) => onePart.test(text) && placeholderNames(text).length === 1,
      'must have one {part}, in its path',
    ),
    claim: z
      .string()
      .regex(/^[^.\s]+(\.[^.\s]+){0,7}$/, 'must be member names joined by dots')
      .optional(),
    tenants: z.array(z.string().regex(safePart, 'cannot stand in a URL')).min(1).max(500).optional(),
  });

/** The issuer of a tenant; null where its name cannot stand there. */
export function filledIssuer({ template }: { template: string }, tenant: string): string | null {
  const [name = ''] = placeholderNames(template);
  return fillTemplate(template, { [name]: tenant });
}

/** Whether an issuer is that of a tenant, of a listed one where the record has a list. */
export function isTenantIssuer(
  rule: { readonly template: string; readonly tenants: readonly string[] | null },
  issuer: string,
  { listed }: { listed: boolean },
): boolean {
  const [before = '', after = ''] = rule.template.split(/\{[^}]*\}/);
  if (!issuer.startsWith(before) || !issuer.endsWith(after)) return false;
  const tenant = issuer.slice(before.length, issuer.length - after.length);
  if (filledIssuer(rule, tenant) !== issuer) return false;
  return !listed || rule.tenants === null || rule.tenants.includes(tenant);
}
