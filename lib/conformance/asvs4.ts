import type { Clause, Specification } from '#lib/conformance/clause';

const headerTest = 'e2e/hardening.spec.ts > every kind of answer has the headers that belong on it';
const canary = 'e2e/canary.spec.ts > no token, code, verifier, secret or key is anywhere it should not be';

const sessions: readonly Clause[] = [
  {
    id: '3.2.1',
    level: 'must',
    asks: 'A sign-in makes a new session token.',
    state: 'met',
    code: ['lib/sign-in/sign-in.ts'],
    tests: [
      'lib/sign-in/sign-in.db.test.ts > signing in takes a new session id each time and ends the one that the browser had',
    ],
  },
  {
    id: '3.2.2',
    level: 'must',
    asks: 'Session tokens have 64 bits of entropy at least.',
    state: 'met',
    code: ['lib/ids.ts#newSecret', 'lib/sign-in/sessions.ts'],
    tests: ['lib/ids.test.ts > %s: ten thousand are all different and of one form'],
    reason: '256 random bits.',
  },
  {
    id: '3.2.3',
    level: 'must',
    asks: 'Browsers keep session tokens in protected cookies.',
    state: 'met',
    code: ['lib/cookies/session-cookie.ts'],
    tests: ['lib/cookies/session-cookie.test.ts > holds its id sealed, for this host alone on https'],
  },
  {
    id: '3.3.1',
    level: 'must',
    asks: 'Signing out and running out make a session token worthless.',
    state: 'met',
    code: ['lib/sign-in/sessions.ts'],
    tests: [
      'lib/sign-in/sessions.db.test.ts > signing out ends the session at the next request, once in the ledger',
      'lib/sign-in/sessions.db.test.ts > the absolute end counts, however much the session is used',
    ],
  },
  {
    id: '3.3.4',
    level: 'must',
    asks: 'People see all their sessions, and can end each or all.',
    state: 'met',
    code: ['lib/people/list-sessions.ts', 'lib/sign-in/end-session.ts'],
    tests: [
      'lib/sign-in/sessions.db.test.ts > one’s own, the asking one marked, without ended ones and without secrets',
      'lib/sign-in/sessions.db.test.ts > signing out everywhere ends all',
    ],
  },
  {
    id: '3.4.1 to 3.4.4',
    level: 'must',
    asks: 'Session cookies are Secure, HttpOnly, SameSite, and named __Host-.',
    state: 'met',
    code: ['lib/cookies/cookies.ts#cookieAttributes', 'lib/cookies/cookies.ts#cookieName'],
    tests: [
      'e2e/hardening.spec.ts > every cookie is HttpOnly and Lax',
      'e2e/hardening.spec.ts > on https, cookies are __Host- and Secure, and HSTS is sent',
    ],
  },
  {
    id: '3.5.1',
    level: 'must',
    asks: 'People can revoke the OAuth tokens of linked applications. This is the only requirement of 4.0.3 that names OAuth.',
    state: 'met',
    code: ['lib/revocation/revoke.ts', 'lib/revocation/prove-dead.ts'],
    tests: [
      'lib/revocation/revoke.db.test.ts > after revoking, the token is dead at the provider and erased here',
      'e2e/person-leaves.spec.ts > a person leaves: out at once everywhere',
    ],
    reason: 'Of a provider without a way to revoke, the page says where a person ends the grant by hand.',
  },
  {
    id: '3.7.1',
    level: 'must',
    asks: 'Sensitive changes need a valid session, or signing in again.',
    state: 'met',
    code: ['lib/sign-in/step-up.ts'],
    tests: ['lib/sign-in/step-up.db.test.ts > it counts for five minutes, in this session only'],
  },
];

const access: readonly Clause[] = [
  {
    id: '4.1.1',
    level: 'must',
    asks: 'The server enforces access.',
    state: 'met',
    code: ['lib/guards/require.ts', 'lib/web/action.ts'],
    tests: ['e2e/actions.spec.ts > whoever calls a server action by its id gets what their role allows'],
  },
  {
    id: '4.1.3',
    level: 'must',
    asks: 'Everybody reaches only what their role needs.',
    state: 'met',
    code: ['lib/guards/require.ts', 'lib/guards/require-api-key.ts'],
    tests: [
      'e2e/roles.spec.ts > each caller gets from each page and handler what is theirs, and nothing changes by it',
      'e2e/api-roles.spec.ts > each API key does what its scopes allow',
    ],
  },
  {
    id: '4.1.5',
    level: 'must',
    asks: 'Access control fails closed.',
    state: 'met',
    code: ['lib/tokens/vend-token.ts', 'lib/sign-in/transact-as.ts'],
    tests: [
      'lib/tokens/vend-token.db.test.ts > the token leaves only after its ledger entry is committed: no entry, no token',
      'lib/sign-in/still-acts.db.test.ts > A-08 a session that ends while its request is under way',
    ],
  },
  {
    id: '4.2.1',
    level: 'must',
    asks: 'Ids in addresses open no object of another person.',
    state: 'met',
    code: ['lib/connections/get.ts'],
    tests: [
      'lib/connections/list.db.test.ts > is refused as not found to others, as unauthenticated to nobody, as a scope to a key without it',
    ],
  },
  {
    id: '4.2.2',
    level: 'must',
    asks: 'Requests that another site forged do nothing.',
    state: 'met',
    code: ['lib/web/origin.ts'],
    tests: ['e2e/foreign-requests.spec.ts > a form of ours that another site posts does nothing'],
  },
  {
    id: '5.1.5',
    level: 'must',
    asks: 'Redirects lead to listed places only.',
    state: 'met',
    code: ['lib/web/return-to.ts#safeReturnTo'],
    tests: ['e2e/foreign-requests.spec.ts > no return_to leads off the site'],
  },
];

const data: readonly Clause[] = [
  {
    id: '2.10.4',
    level: 'must',
    asks: 'Secrets of services are managed securely, and stand in no source.',
    state: 'partly',
    code: ['lib/config/config.ts', 'lib/api-keys/create-api-key.ts'],
    tests: ['lib/api-keys/api-keys.db.test.ts > shows the key once and keeps its hash only', canary],
    reason: 'API keys are hashed and tokens sealed. Where the secrets of the configuration lie, the operator decides.',
  },
  {
    id: '6.2.2',
    level: 'must',
    asks: 'Only proven algorithms and libraries are used.',
    state: 'met',
    code: ['lib/vault/vault.ts'],
    tests: ['lib/vault/vault.test.ts > both implementations read what the other wrote'],
  },
  {
    id: '6.2.7',
    level: 'must',
    asks: 'Sealed data is authenticated.',
    state: 'met',
    code: ['lib/vault/vault.ts'],
    tests: ['lib/vault/vault.test.ts > a value with any single bit flipped does not open and says why'],
  },
  {
    id: '7.1.1',
    level: 'must',
    asks: 'Logs hold no credentials.',
    state: 'met',
    code: ['lib/log.ts'],
    tests: ['lib/log.test.ts > a value called %s never reaches the log', canary],
  },
  {
    id: '7.1.3',
    level: 'must',
    asks: 'Sign-ins, refusals and failed checks of input are logged.',
    state: 'met',
    code: ['lib/ledger/fold-refusals.ts#createRefusalFolder'],
    tests: [
      'lib/sign-in/sign-in.db.test.ts > who is not allowed gets no person and no session, and the ledger says so',
      'lib/ledger/fold-refusals.db.test.ts > refusals of anonymous requests',
    ],
  },
  {
    id: '8.3.1',
    level: 'must',
    asks: 'Sensitive data travels in headers and bodies, never in a query.',
    state: 'partly',
    code: ['lib/door/oauth-answers.ts'],
    tests: [
      canary,
      'e2e/hardening.spec.ts > the answer to a callback is an empty 303 that leaves no trace of the code',
    ],
    reason:
      'A callback brings its code in the query, as OAuth wants. Records of servers that read their query say so dangerously.',
  },
  {
    id: '9.2.1',
    level: 'must',
    asks: 'Connections trust only valid certificates.',
    state: 'met',
    code: ['lib/outbound/guarded-fetch.ts#createGuardedFetch'],
    tests: [
      'lib/outbound/guarded-fetch.test.ts > that nobody vouches for are refused, also where the environment says not to look',
    ],
  },
  {
    id: '12.6.1',
    level: 'must',
    asks: 'A list says which systems the server may call.',
    state: 'met',
    code: ['lib/outbound/connect-policy.ts'],
    tests: [
      'lib/outbound/guarded-fetch.test.ts > a learnt host',
      'lib/authorization/mix-up.db.test.ts > A-02 a record reaches its own hosts only',
    ],
  },
  {
    id: '14.4.3 to 14.4.7',
    level: 'must',
    asks: 'Answers have a Content-Security-Policy, nosniff, HSTS, a referrer policy, and cannot be framed.',
    state: 'met',
    code: ['lib/door/security-headers.ts#pageHeaders'],
    tests: [headerTest, 'lib/door/security-headers.test.ts > https alone gets HSTS of a year and upgrades'],
  },
  {
    id: '14.5.1',
    level: 'must',
    asks: 'Only the methods in use are taken.',
    state: 'met',
    code: ['lib/door/server-options.ts'],
    tests: ['lib/door/server-options.test.ts > methods that nothing here takes'],
  },
  {
    id: '14.5.3',
    level: 'must',
    asks: 'CORS lets in listed origins only.',
    state: 'met',
    code: ['lib/door/security-headers.ts#pageHeaders'],
    tests: [headerTest],
    reason: 'No answer allows any other origin.',
  },
];

export const asvs4: Specification = {
  id: 'asvs-4',
  name: 'OWASP ASVS 4.0.3',
  title: 'Application security verification standard 4.0.3',
  url: 'https://github.com/OWASP/ASVS/tree/v4.0.3/4.0',
  scope:
    'This edition has no chapter on OAuth; 3.5.1 alone names it. Beside it stand the requirements on sessions, access, data and answers that this product meets most. The others are not looked at here.',
  clauses: [...sessions, ...access, ...data],
};
