import { isGrantkeepError } from './errors.ts';

/** What a call at the provider came to: an answer, or a fault. */
export type Outcome<Result> = { result: Result } | { fault: unknown };

/** Throw it where the provider refused the token in a way that only your code sees, such as a 200 with a fault in it. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

/** An answer of fetch, octokit, axios and their like. */
const isAnswer = (value: unknown): value is { status: unknown } =>
  typeof value === 'object' && value !== null && 'status' in value && 'headers' in value;

const statusOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'status' in value ? value.status : undefined;

/** The HTTP status that the faults of the usual clients carry: of fetch wrappers, octokit, gaxios, got and axios. */
function faultStatus(fault: unknown): unknown {
  if (typeof fault !== 'object' || fault === null) return undefined;
  if ('statusCode' in fault) return fault.statusCode;
  const response = 'response' in fault ? fault.response : undefined;
  const own = statusOf(fault) ?? statusOf(response);
  return (
    own ??
    (typeof response === 'object' && response !== null && 'statusCode' in response ? response.statusCode : undefined)
  );
}

/** True where the provider refused the token (401). A 403 is about the account or a scope: another token changes nothing. */
export function isRefused(outcome: Outcome<unknown>): boolean {
  if ('result' in outcome) return isAnswer(outcome.result) && outcome.result.status === 401;
  const { fault } = outcome;
  // The hub's own 401 is about the API key.
  if (isGrantkeepError(fault)) return false;
  return (fault instanceof Error && fault.name === 'TokenRefused') || faultStatus(fault) === 401;
}
