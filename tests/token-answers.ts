import type { ServerResponse } from 'node:http';
import fc from 'fast-check';

/** Stands in every secret that these answers carry. No provider's error code may hold such a character. */
export const secretMark = 's3cr3t~';
/** Stands in every other text of theirs: nothing that a provider wrote belongs into an error or the log. */
export const bodyMark = 'b0dy~';

/** What a token endpoint sends, byte for byte. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** The connection ends after so many bytes of what was announced; null: nothing is cut. */
  cutAt: number | null;
}

/** Sends it as it is. */
export const sendRaw =
  ({ status, headers, body, cutAt }: RawAnswer) =>
  (response: ServerResponse): void => {
    response.writeHead(status, cutAt === null ? headers : { ...headers, 'content-length': String(body.length) });
    if (cutAt === null) return void response.end(body);
    response.write(body.subarray(0, cutAt), () => response.destroy());
  };

const marked = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => bodyMark + text);

/** Values that are no person's text: the numbers, and words, that programs trip over. */
const oddities = fc.constantFrom<unknown>(
  ...[null, true, false, 0, -0, 1, -1, 0.5, 59.9, -3600, 3600, 2 ** 31, 2 ** 53, 1e21, 1e308, -1e308, 5e-324],
  ...['', ' ', '0', '-1', '1e9', '3600', '3600.5', '0x10', 'NaN', 'Infinity', '-Infinity', 'null', 'undefined', '٣٦٠٠'],
  ...['\u0000', 'a\u0000b', '\ud800', 'x\udfff', '\ufeff', '\u2028', 'a\r\nb: c', '__proto__', '\u202e', '𝒳'.repeat(9)],
  ...[[], {}, [[]], [null], ['read', 'write'], ['\u0000'], [1, 'read'], { length: 3 }, { toString: 'x' }],
);

const wild = fc.oneof({ arbitrary: oddities, weight: 3 }, marked, fc.jsonValue({ maxDepth: 3 }));

const token = fc
  .string({ unit: fc.constantFrom(...'abcXYZ019-._~+/=!"#$%&\'()*,:;<>?@[]^`{|}\\'), maxLength: 60 })
  .map((text) => secretMark + text);
const badToken = fc.oneof(
  fc.constantFrom(' ', '\n', '\r\n', '\t', '\u0000', 'é', '\u007f', '\ud83d').map((odd) => `${secretMark}${odd}x`),
  fc.constant(`${secretMark}${'x'.repeat(70_000)}`),
  wild,
);

/** Unexpected members, some with names that are not only data in JavaScript. */
const strangers = fc.dictionary(
  fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'length', 'ok', ''),
    fc.string({ maxLength: 8 }),
  ),
  fc.oneof(wild, fc.constant({ access_token: `${secretMark}inherited`, error: 'invalid_grant' })),
  { maxKeys: 4 },
);

/** Members that say something about a token; each may be right, strange or missing. */
const aroundTheToken = fc.record(
  {
    expires_in: wild,
    refresh_token_expires_in: wild,
    scope: fc.oneof(wild, fc.constant('read write'), fc.array(wild, { maxLength: 5 })),
    id_token: fc.oneof(badToken, token, fc.constant(`eyJhbGciOiJub25lIn0.${secretMark}.`)),
    shard: wild,
    instance_url: fc.oneof(wild, fc.webUrl(), fc.constant('https://acme.my.salesforce.com')),
  },
  { requiredKeys: [] },
);

const anyMembers = fc.record(
  {
    access_token: fc.oneof(token, badToken),
    token_type: fc.oneof(fc.constantFrom('bearer', 'Bearer', 'BEARER', 'mac', 'DPoP', 'bearer '), wild),
    refresh_token: fc.oneof(token, badToken),
    error: fc.oneof(
      fc.constantFrom('invalid_grant', 'bad_refresh_token', 'invalid_client', 'slow_down', 'invalid_request'),
      wild,
      fc.record({ code: wild, message: marked }),
    ),
    error_description: marked,
    ok: fc.constantFrom(true, false, 0, 'false'),
    authed_user: fc.oneof(wild, fc.record({ access_token: token, token_type: fc.constant('user') })),
  },
  { requiredKeys: [] },
);

/** The text of an object with members that may stand there twice. `JSON.parse` takes the last. */
const textOf = (members: [string, unknown][]) =>
  `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;

const objectText = fc
  .tuple(strangers, aroundTheToken, anyMembers, fc.boolean())
  .map(([odd, around, members, twice]) =>
    textOf([...(twice ? Object.entries(members) : []), ...[odd, around, members].flatMap(Object.entries)]),
  );

const deep = fc
  .tuple(fc.constantFrom(...(['[', '{"a":', '{"access_token":'] as const)), fc.integer({ min: 10, max: 50_000 }))
  .map(([open, depth]) => open.repeat(depth) + (open === '[' ? ']' : '}').repeat(open === '[' ? depth : 0));

const formText = fc
  .array(
    fc.tuple(fc.constantFrom('access_token', 'refresh_token', 'expires_in', 'error', 'scope', '__proto__'), marked),
  )
  .map((members) => new URLSearchParams(members).toString());

const anyBody: fc.Arbitrary<Buffer> = fc
  .oneof(
    { arbitrary: objectText, weight: 8 },
    // What would end a grant, if it came where such a word counts.
    {
      arbitrary: marked.map((text) =>
        textOf([
          ['error', 'invalid_grant'],
          ['error_description', text],
        ]),
      ),
      weight: 2,
    },
    fc.json({ maxDepth: 5 }),
    deep,
    formText,
    objectText.map((text) => `\ufeff${text}`),
    objectText.map((text) => `${text}${text}`),
    objectText.map((text) => text.replace(/"expires_in":[^,}]*/, '"expires_in":1e400')),
    marked.map((text) => `<!doctype html><title>${text}</title><input name="access_token" value="${secretMark}html">`),
    marked.map((text) => `while(1);{"access_token":"${secretMark}${text}"}`),
    fc.constantFrom('', 'null', '[]', '""', '0', 'true', '{', '{"access_token":', 'NaN', '{"access_token":NaN}'),
  )
  .chain((text) =>
    fc.oneof(
      { arbitrary: fc.constant(Buffer.from(text)), weight: 6 },
      fc.constant(Buffer.from(text, 'utf16le')),
      fc.constant(Buffer.from(text, 'latin1')),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.concat([Buffer.from(text), bytes])),
    ),
  );

const status = fc.oneof(
  { arbitrary: fc.constant(200), weight: 5 },
  fc.constantFrom(201, 202, 203, 206, 400, 401, 403, 404, 408, 422, 425, 429, 500, 502, 503),
  fc.integer({ min: 200, max: 599 }),
);

const contentType = fc.oneof(
  { arbitrary: fc.constant('application/json'), weight: 4 },
  fc.constantFrom(
    ...['application/json;charset=utf-16', 'text/html', 'text/plain', 'application/x-www-form-urlencoded', 'x'],
    ...['application/octet-stream', 'multipart/form-data', 'application/jwt', ', ,', 'text/plain; charset="'],
  ),
);

const moreHeaders = fc.oneof(
  { arbitrary: fc.constant({}), weight: 6 },
  fc
    .constantFrom('0', '-1', '7', '1.5', '99999999999', 'soon', 'Fri, 31 Dec 9999 23:59:59 GMT', '', '5, 6')
    .map((value) => ({ 'retry-after': value })),
  fc.constantFrom('gzip', 'br', 'deflate', 'zstd', 'x-unknown').map((value) => ({ 'content-encoding': value })),
  fc.integer({ min: 1, max: 60_000 }).map((size) => ({ 'x-padding': secretMark.repeat(Math.ceil(size / 7)) })),
  fc.constant({ location: `https://elsewhere.example/?access_token=${secretMark}` }),
  fc.constant({ 'www-authenticate': `Bearer error="invalid_token", error_description="${bodyMark}"` }),
  fc.constant({ 'set-cookie': `sid=${secretMark}` }),
);

const mostlyWhole = fc.oneof({ arbitrary: fc.constant(null), weight: 11 }, fc.nat(2000));

/** Whatever a token endpoint, a proxy before it or somebody in their place may send. */
export const anyAnswer: fc.Arbitrary<RawAnswer> = fc
  .tuple(status, contentType, moreHeaders, anyBody, mostlyWhole)
  .map(([code, type, more, body, cut]) => ({
    status: code,
    headers: { 'content-type': type, ...more },
    body,
    cutAt: cut === null || body.length === 0 ? null : cut % body.length,
  }));

/**
 * Whether the provider itself may have refused the grant by this answer: only where the status says that the request is
 * at fault, or, at providers with errors that come with success, where it says success. No outage, no rate limit.
 */
export function canRefuse({ status }: RawAnswer, errorIn200: boolean): boolean {
  if (status >= 200 && status < 300) return errorIn200;
  return status >= 400 && status < 500 && ![408, 425, 429].includes(status);
}

/** An answer that holds a usable access token and a usable refresh token, whatever else it says. */
export interface GoodAnswer extends RawAnswer {
  accessToken: string;
  refreshToken: string;
}

export const goodAnswer: fc.Arbitrary<GoodAnswer> = fc
  .tuple(token, token, strangers, aroundTheToken, fc.option(fc.constantFrom('bearer', 'Bearer', 'BEARER')), contentType)
  .map(([accessToken, refreshToken, odd, around, type, mediaType]) => {
    const { ok: _, ...others } = odd;
    const members = { ...others, ...around, ...(type ? { token_type: type } : {}) };
    const text = textOf([
      ['access_token', `${secretMark}first`],
      ...Object.entries(members).filter(([name]) => name !== ''),
      ['access_token', accessToken],
      ['refresh_token', refreshToken],
    ]);
    return {
      ...{ status: 200, headers: { 'content-type': mediaType }, body: Buffer.from(text), cutAt: null },
      ...{ accessToken, refreshToken },
    };
  });
