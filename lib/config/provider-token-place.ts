import { z } from 'zod';
import { ownCallHeaders, parameterName } from '#lib/config/provider-request';

/** Where a call shows an access token, if not as `Authorization: Bearer …` (RFC 6750 §2.1). */
export const tokenPlaceFields = {
  token_header: z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9-]{1,60}$/, 'is not the name of a header')
        .refine((name) => !ownCallHeaders.test(name), 'is set by the hub itself'),
      prefix: z
        .string()
        .regex(/^[\x20-\x7e]{0,40}$/, 'must be plain characters')
        .optional(),
    })
    .optional(),
  /** The parameter of a form that carries it (§2.2). */
  token_param: parameterName.optional(),
  /** That parameter stands in the query (§2.3). */
  dangerously_by_get: z.boolean().optional(),
};

type Call = z.output<z.ZodObject<typeof tokenPlaceFields>> & {
  method?: 'GET' | 'POST' | undefined;
  body?: object | undefined;
};

/** What excludes each other in a call. */
function faultsOf({ token_param, token_header, dangerously_by_get: byGet, method, body }: Call): string[] {
  if (!token_param) return byGet ? ['dangerously_by_get needs token_param, which the query then carries'] : [];
  return [
    ...(token_header ? ['the token goes in token_param or in token_header, not in both'] : []),
    ...(body ? ['token_param goes in the query or in a form, and neither has a body beside it'] : []),
    ...(method === 'GET' && !byGet ? ['token_param goes by POST, unless dangerously_by_get says otherwise'] : []),
    ...(method === 'POST' && byGet ? ['dangerously_by_get goes by GET'] : []),
  ];
}

/** The faults of an entry's calls that show an access token, each with its field. */
export const tokenPlaceFaults = (entry: {
  identity?: Call | undefined;
  lookups?: readonly Call[] | undefined;
}): ['identity' | 'lookups', string][] => [
  ...faultsOf(entry.identity ?? {}).map((fault): ['identity', string] => ['identity', fault]),
  ...(entry.lookups ?? []).flatMap(faultsOf).map((fault): ['lookups', string] => ['lookups', fault]),
];
