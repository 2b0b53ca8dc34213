import { z } from 'zod';

/** Parameters that the protocol sets itself, or that would change how the answer comes. */
const reserved = new Set([
  ...['client_id', 'client_secret', 'redirect_uri', 'scope', 'state', 'nonce', 'response_type', 'response_mode'],
  ...['code_challenge', 'code_challenge_method', 'request', 'request_uri'],
]);

const parameterName = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,60}$/, 'is not the name of a parameter')
  .refine((name) => !reserved.has(name), 'is set by the protocol and cannot be given');

/** The fields of an entry that say how its server is told which account is meant. */
export const accountChoiceFields = {
  another_account_params: z
    .record(parameterName, z.string().min(1).max(200))
    .refine((record) => Object.keys(record).length <= 5, 'has more than 5 parameters')
    .optional(),
  login_hint: z
    .strictObject({ param: parameterName.optional(), value: z.enum(['email', 'label', 'subject']) })
    .nullable()
    .optional(),
};

interface ChoiceEntry {
  authorization_params?: Record<string, string | string[]> | undefined;
  authorization_param_names?: Record<string, string | null | undefined> | undefined;
  another_account_params?: Record<string, string> | undefined;
  login_hint?: { param?: string | undefined } | null | undefined;
}

type Fault = [field: string, message: string];

const words = (prompt: string | string[] | undefined) => [prompt ?? []].flat().flatMap((text) => text.split(' '));

/** The contradictions of these fields, in themselves or with another one. */
export function accountChoiceFaults(entry: ChoiceEntry): Fault[] {
  const { authorization_params = {}, another_account_params = {}, login_hint } = entry;
  const faults: Fault[] = [];
  // OpenID Connect Core §3.1.2.1: another value beside it is an error.
  const silent = words(authorization_params.prompt);
  if (silent.includes('none') && silent.length > 1)
    faults.push(['authorization_params', 'the "none" of prompt stands alone']);
  if (words(another_account_params.prompt).includes('none'))
    faults.push(['another_account_params', 'a server that may ask nothing offers no other account']);
  const renamed = Object.values(entry.authorization_param_names ?? {});
  const clash = Object.keys(another_account_params).find((name) => renamed.includes(name));
  if (clash) faults.push(['another_account_params', `"${clash}" would be sent for two parameters`]);
  const hint = login_hint ? (login_hint.param ?? 'login_hint') : undefined;
  if (hint && renamed.includes(hint)) faults.push(['login_hint', `"${hint}" would be sent for two parameters`]);
  return faults;
}
