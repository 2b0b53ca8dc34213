import fc from 'fast-check';

/** The members of a token answer as JSON text, so that numbers stand there digit by digit. */
type Member = [name: string, json: string];

/** A token answer that a server may send, and what it brought. */
export interface OddAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Every token that it issued, in a place where the record says tokens stand. */
  issued: string[];
  /** The account's id as it was written; null where the answer names none. */
  account: string | null;
  /** A number that the record keeps, as it was written; null where it is not there. */
  amount: string | null;
  /** A text that the record keeps; null where it is not there. */
  note: string | null;
}

/** The part of a provider's record that these answers are read by. */
export const oddRecord = {
  error_in_200: true,
  token_path: ['authed_user.access_token'],
  bearer_token_types: ['bot'],
  response_fields: ['amount', 'note'],
  identity: { source: 'token_answer', subject: 'account.id', label: ['account.id'] },
  revoke: { token_kind: 'both', blast_radius: 'token' },
};

let made = 0;
/** Tokens of the characters that real ones have; each is another, whatever is shrunk. */
const token = (kind: string) =>
  fc.string({ unit: fc.constantFrom(...'abcXYZ019-._~+/=|:'), minLength: 1, maxLength: 60 }).map((text) => {
    made += 1;
    return `${kind}-${made}-${text}`;
  });

const wholeNumber = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String);
const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: 1, max: 999_999 }))
  .map(([whole, part]) => `${whole}.${String(part).padStart(6, '0')}`);
const aNumber = fc.oneof(wholeNumber, decimal, fc.constantFrom('0', '24601234567890123', '9007199254740993', '-1'));

const accountId = fc.oneof(
  wholeNumber.map((digits) => ({ json: digits, account: digits })),
  fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 })
    .map((text) => ({ json: JSON.stringify(text), account: text })),
);

const lifetime = fc.oneof(
  fc.constantFrom<Member[]>([], [['expires_in', '3600']], [['expires_in', '"3600"']], [['expires_in', '59.9']]),
  fc.constantFrom<Member[]>([['expires_in', '0']], [['expires_in', '-5']], [['expires_in', '1e300']]),
  fc.constantFrom<Member[]>([['expires_in', '"soon"']], [['expires_in', 'null']], [['expires', '1200']]),
  fc.constantFrom<Member[]>([['expires_at', '1895870989']], [['expires_at', '"2030-01-02 03:04:05"']]),
  fc.constantFrom<Member[]>([['refresh_expires_in', '86400']], [['x_refresh_token_expires_in', '"86400"']]),
);
const scope = fc.oneof(
  fc.constantFrom<Member[]>([], [['scope', '"read write"']], [['scope', '["read"]']], [['scopes', '"read,write"']]),
  fc.jsonValue({ maxDepth: 2 }).map((value): Member[] => [['scope', JSON.stringify(value)]]),
);
const tokenType = fc.oneof(
  { arbitrary: fc.constantFrom('"bearer"', '"Bearer "', '"BEARER"', '"bot"', 'null', '""'), weight: 6 },
  fc.constantFrom('"mac"', '"DPoP"', '"JWT"', '"user"', '7', '{}', '[]'),
);
const contentType = fc.constantFrom(
  ...['application/json', 'text/html', 'text/plain; charset=utf-8', 'application/x-www-form-urlencoded', 'x'],
);
const note = fc.option(fc.string({ unit: 'binary', maxLength: 2_500 }), { nil: null });

const objectOf = (members: readonly Member[]) =>
  `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;

export const oddAnswer: fc.Arbitrary<OddAnswer> = fc
  .record({
    access: token('at'),
    refresh: fc.option(token('rt'), { nil: null }),
    nested: fc.boolean(),
    form: fc.oneof({ arbitrary: fc.constant(false), weight: 6 }, fc.constant(true)),
    id: fc.option(accountId, { nil: null, freq: 6 }),
    amount: fc.option(aNumber, { nil: null }),
    ok: fc.oneof({ arbitrary: fc.constant('true'), weight: 8 }, fc.constant('false')),
    status: fc.constantFrom(200, 200, 200, 201),
    ...{ type: tokenType, note, lifetime, scope, contentType },
  })
  .map(({ access, refresh, nested, form, id, amount, ok, type, status, note, lifetime, scope, contentType }) => {
    const issued = [access, ...(refresh === null ? [] : [refresh])];
    const headers = { 'content-type': contentType };
    if (form) {
      const fields = { access_token: access, ...(refresh === null ? {} : { refresh_token: refresh }) };
      const body = new URLSearchParams(fields).toString();
      return { status, headers, body, issued, account: null, amount: null, note: null };
    }
    const around: Member[] = [
      ['access_token', JSON.stringify(access)],
      ...(refresh === null ? [] : [['refresh_token', JSON.stringify(refresh)] as Member]),
      ['token_type', type],
      ...lifetime,
      ...scope,
    ];
    const body = objectOf([
      ['ok', ok],
      ...(nested ? [['authed_user', objectOf(around)] as Member] : around),
      ...(id === null ? [] : [['account', objectOf([['id', id.json]])] as Member]),
      ...(amount === null ? [] : [['amount', amount] as Member]),
      ...(note === null ? [] : [['note', JSON.stringify(note)] as Member]),
    ]);
    return { status, headers, body, issued, account: id?.account ?? null, amount, note };
  });
