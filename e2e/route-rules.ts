/**
 * What an answer comes to: the page is `shown`, one is asked to `sign-in`, there is no such page (`not-found`), a `file`
 * comes, it is `refused`, or one is sent on, with a code or to a path.
 */
export type Outcome = string;

export const callers = ['nobody', 'key', 'user', 'owner', 'auditor', 'administrator'] as const;
export type Caller = (typeof callers)[number];
export type Expectation = Record<Caller, Outcome>;

export const everyone = (outcome: Outcome): Expectation => ({
  nobody: outcome,
  // An API key says who a service is, and pages are for people.
  key: outcome,
  user: outcome,
  owner: outcome,
  auditor: outcome,
  administrator: outcome,
});
const nobodyElse = { nobody: 'sign-in', key: 'sign-in' };
const forPeople: Expectation = { ...everyone('shown'), ...nobodyElse };
const forAdmins: Expectation = { ...everyone('not-found'), ...nobodyElse, auditor: 'shown', administrator: 'shown' };
const forTheOwner: Expectation = { ...everyone('not-found'), ...nobodyElse, owner: 'shown' };

/** One line for every page of `app/`: a new one without a line fails. `[id]` is of something that there is. */
export const pages: Record<string, Expectation> = {
  '/': {
    ...everyone('/connections'),
    nobody: '/sign-in',
    key: '/sign-in',
    auditor: '/admin',
    administrator: '/admin',
  },
  // The page above leads on.
  '/sign-in': { ...everyone('/'), nobody: 'shown', key: 'shown' },
  '/account': forPeople,
  '/activity': forPeople,
  '/connect': forPeople,
  // To everybody the same: without a link's secret it says that the link is over.
  '/connect-session': everyone('shown'),
  '/connect-session/done': everyone('shown'),
  // To a browser that did not open the page by its link it says that it is over.
  '/connect-session/manage/[id]': everyone('shown'),
  '/connect-session/manage/[id]/[connection]': everyone('shown'),
  '/device': everyone('shown'),
  '/step-up': forPeople,
  '/connections': forPeople,
  '/connections/[id]': forTheOwner,
  '/connections/[id]/disconnect': forTheOwner,
  '/admin': forAdmins,
  '/admin/alerts': forAdmins,
  '/admin/alerts/[id]': forAdmins,
  '/admin/alerts/rules': forAdmins,
  '/admin/alerts/rules/[id]': forAdmins,
  '/admin/alerts/webhooks': forAdmins,
  '/admin/alerts/webhooks/[id]': forAdmins,
  '/admin/alerts/webhooks/[id]/[delivery]': forAdmins,
  '/admin/api-keys': forAdmins,
  '/admin/api-keys/[id]': forAdmins,
  '/admin/applications': forAdmins,
  '/admin/applications/[id]': forAdmins,
  '/admin/applications/new': forAdmins,
  '/admin/checks': forAdmins,
  '/admin/checks/history': forAdmins,
  '/admin/conformance': forAdmins,
  '/admin/keys': forAdmins,
  '/admin/connections': forAdmins,
  '/admin/connections/[id]': forAdmins,
  '/admin/evidence': forAdmins,
  '/admin/freezes': forAdmins,
  '/admin/ledger': forAdmins,
  '/admin/ledger/seals': forAdmins,
  '/admin/people': forAdmins,
  '/admin/people/[id]': forAdmins,
  '/admin/providers': forAdmins,
  '/admin/providers/[id]': forAdmins,
  '/admin/reviews': forAdmins,
  '/admin/reviews/[id]': forAdmins,
  '/admin/revocations': forAdmins,
  '/admin/revocations/[id]': forAdmins,
  '/admin/requests/[ref]': forAdmins,
  '/admin/search': forAdmins,
  '/admin/status': forAdmins,
  // As the document that it is made of.
  '/docs/api': everyone('shown'),
};

export interface Handler {
  expected: Expectation;
  /** A request of an administrator's browser that another site made. */
  foreign: Outcome;
  form?: Record<string, string>;
}

/** Files are looked at, not touched: auditors take them along, with an entry of it in the ledger. */
const file = (form: Record<string, string>): Handler => ({
  expected: {
    ...everyone('forbidden'),
    nobody: 'unauthenticated',
    key: 'unauthenticated',
    auditor: 'file',
    administrator: 'file',
  },
  foreign: 'wrong_origin',
  form,
});
/** Never by a session; each key is tried at every operation below. */
const theApi = (key: Outcome): Handler => ({ expected: { ...everyone('refused'), key }, foreign: 'refused' });

/** One line for every method of every handler of `app/`. */
export const handlers: Record<string, Handler> = {
  'POST /admin/evidence/export': file({ from: '2026-01-01', to: '2026-03-31', format: 'json' }),
  'POST /admin/connections/export': file({}),
  'POST /admin/ledger/export': file({ format: 'csv' }),
  'POST /admin/ledger/checkpoint': file({}),
  'POST /admin/revocations/[id]/export': file({ format: 'json' }),
  // They stand on pages without a sign-in.
  'GET /applications/[id]/logo': { expected: everyone('shown'), foreign: 'shown' },
  'GET /applications/[id]/colours.css': { expected: everyone('shown'), foreign: 'shown' },
  // Links lead here from applications. This one is of nobody.
  'GET /connect-session/open': {
    expected: everyone('/connect-session/manage/over'),
    foreign: '/connect-session/manage/over',
  },
  'HEAD /connect-session/open': { expected: everyone('refused'), foreign: 'refused' },
  'POST /connect-session/manage/[id]/disconnect': {
    expected: everyone('/connect-session/manage/over'),
    foreign: 'refused',
    form: { connection: 'con_none' },
  },
  // Browsers report here; an answer has no content, and one without a report is refused.
  'POST /policy-report': { expected: everyone('refused'), foreign: 'refused' },
  // Without a flow there is nothing to come back from.
  'GET /oauth/callback': { expected: everyone('refused'), foreign: 'refused' },
  'HEAD /oauth/callback': { expected: everyone('refused'), foreign: 'refused' },
  'GET /oauth/callback/[provider]': { expected: everyone('refused'), foreign: 'refused' },
  'HEAD /oauth/callback/[provider]': { expected: everyone('refused'), foreign: 'refused' },
  'GET /oauth/start': { expected: everyone('/connect'), foreign: '/connect' },
  'POST /oauth/start': {
    expected: { ...everyone('elsewhere'), nobody: 'unauthenticated', key: 'unauthenticated' },
    foreign: 'refused',
    form: { intent: 'connect', provider: 'github', return_to: '/connections' },
  },
  'GET /api/v1/[...path]': theApi('shown'),
  'HEAD /api/v1/[...path]': theApi('shown'),
  'DELETE /api/v1/[...path]': theApi('refused'),
  'OPTIONS /api/v1/[...path]': theApi('refused'),
  'PATCH /api/v1/[...path]': theApi('refused'),
  'POST /api/v1/[...path]': theApi('refused'),
  'PUT /api/v1/[...path]': theApi('refused'),
};

/** Every button that there is for an auditor in the admin area. */
export const forAuditors = [
  'CSV',
  'Copy the alert’s id',
  'Copy the application’s id',
  'Copy the connection’s id',
  'Copy the id',
  'Copy the person’s id',
  'Copy the redirect URI',
  'Copy the subject',
  'Dark theme',
  'Export CSV',
  'Export JSON',
  'Export a checkpoint',
  'Export connections',
  'Filter',
  'JSON lines',
  'Light theme',
  'Report to read',
  'Sign out',
  'Signed bundle',
  'Theme of the system',
  'Verify now',
];
