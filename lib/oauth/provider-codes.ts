import { errorToken } from '#lib/oauth/oauth-error';
import { valueAt } from '#lib/oauth/provider-call';

/** Where refusals have their code: `error` first (RFC 6749 §5.2), then where servers put one that have no such member. */
export const codePlaces = [
  ...[
    'error',
    'error.code',
    'error.type',
    'error.error',
    'error.status',
    'error.0',
    'error.0.code',
    'error.errors.0.reason',
  ],
  ...['errors.0', 'errors.0.code', 'errors.0.errorCode', 'errors.0.errorType', 'errors.0.error', 'errors.0.reason'],
  ...['error_code', 'errorCode', 'error_type', 'errorType', 'errcode', 'errCode', 'errno', 'Error'],
  ...['code', 'name', 'status', 'fault.code', 'fault.detail.errorcode', '0.errorCode', '0.code', '0.error'],
  ...[
    'data.error',
    'data.error.code',
    'data.error_code',
    'result.error',
    'response.error',
    'meta.error_type',
    'meta.code',
  ],
  ...['Error.Code', 'Code', 'ErrorCode', 'error.0.error', 'errors.error', 'errors.code', 'errors.0.id', 'statusCode'],
  ...['ErrorResponse.error', 'ErrorResponse.Error.Code'],
];
/** Members of words, which a code stands in alone at some servers. */
const wordPlaces = [
  'message',
  'error.message',
  'error_description',
  ...['msg', 'Message', 'detail', 'title', 'type'],
  'reason',
  'error.reason',
  'errors.0.message',
];

/** Words that servers write under the name of an error where there is none. */
const fine = new Set(['ok', 'success', 'succeeded', 'none', 'null', 'false', '0', '200']);
const isFine = (code: string): boolean => fine.has(code.toLowerCase());

/** Some servers number their errors, or write white space around a code. */
export const textOf = (value: unknown): unknown =>
  Number.isSafeInteger(value) ? String(value) : typeof value === 'string' ? value.trim() : value;

/** Every code of an answer that refuses, each once, in the order of their importance. */
export function codesIn(body: Record<string, unknown>): string[] {
  const found = [
    ...codePlaces.map((path) => errorToken(textOf(valueAt(body, path)))),
    ...wordPlaces
      .map((path) => errorToken(valueAt(body, path)))
      .filter((text) => /^[a-z]+(?:_[a-z]+)+$/.test(text ?? '')),
  ];
  return [...new Set(found.filter((code): code is string => code !== undefined && !isFine(code)))];
}

/** Members by which an answer of status 200 says that it failed. */
const flags = ['ok', 'success', 'succeeded', 'successful', 'isSuccess', 'is_success', 'Success', 'revoked', 'result'];
/** The values of such a member that say no. */
const isNo = (value: unknown): boolean =>
  value === false ||
  value === 0 ||
  (typeof value === 'string' && /^(?:false|0|no|fail(?:ed|ure)?|error)$/i.test(value));
/** Members with the number of an error: 0 where there is none. */
const numbers = ['errcode', 'errCode', 'errno', 'error_code', 'errorCode', 'code', 'ret', 'data.error_code'];
/** Members with a status: 0, or one of HTTP, where all is well. */
const statuses = ['status', 'statusCode', 'status_code', 'meta.code', 'meta.status'];
/** Members with a code in words, which is one of an error where a message stands beside it. */
const worded = [
  ['code', 'message'],
  ['code', 'msg'],
  ['Code', 'Message'],
] as const;

function isError(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  if (typeof value === 'object') {
    const codes = ['code', 'type', 'error', '0'].map((name) => textOf(valueAt(value, name)));
    const written = codes.find((code) => typeof code === 'string' && code !== '') as string | undefined;
    return written === undefined ? Object.keys(value).length > 0 : !isFine(written);
  }
  return !isFine(String(value));
}

/** Whether an answer says by itself that it is an error, whatever its status. */
export function saysError(body: Record<string, unknown>): boolean {
  if (isError(body.error) || isError(body.err)) return true;
  // GraphQL has `data` beside errors of a part of it.
  if (Array.isArray(body.errors) && body.errors.length > 0 && !body.data) return true;
  if (flags.some((name) => isNo(body[name]))) return true;
  const texts = (names: readonly string[]) =>
    names.map((name) => textOf(valueAt(body, name))).filter((text) => typeof text === 'string');
  if (texts(numbers).some((code) => /^-?\d+$/.test(code) && !isFine(code))) return true;
  if (texts(statuses).some((status) => /^\d+$/.test(status) && !/^(?:0|20\d)$/.test(status))) return true;
  if (
    worded.some(([code, message]) => texts([code, message]).length === 2 && texts([code]).some((text) => !isFine(text)))
  )
    return true;
  return typeof body.status === 'string' && /^(?:error|fail(?:ed|ure)?)$/i.test(body.status);
}

const fold = (code: string): string => code.toLowerCase().replaceAll(/[\s-]/g, '_');

/** Whether a list has a code. Servers spell codes in capitals, or with spaces and hyphens. */
export const isListed = (list: Iterable<string>, code: string): boolean =>
  [...list].some((one) => fold(one) === fold(code));
