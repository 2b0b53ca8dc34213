import { entryKey } from '#lib/connections/offers';
import type { Fields } from './server-actions.ts';
import { offeredSite, type World } from './world.ts';

/**
 * The callers that may call a server action: `administrators` alone; `readers`, auditors too, since it only looks;
 * `owners`, the person with the object that the form names; `oneself`, each signed-in person for themselves; `anybody`.
 */
export interface ActionRule {
  may: 'administrators' | 'readers' | 'owners' | 'oneself' | 'anybody';
  /** Asks for a sign-in of the last minutes. */
  lately?: boolean;
  /** What a form of ours would send. */
  form: (world: World) => Fields;
  /** Leaves the database as it is even for those who may. */
  changesNothing?: boolean;
  /** Has no entry of its own in the ledger. */
  unrecorded?: boolean;
  /** Its answer in place of a code: signing out has always succeeded for a person who is signed out. */
  says?: Record<string, string>;
  /** What it answers to those who may. */
  answers?: string | RegExp;
}

const reason = ['reason', 'the story asks for it'] as const;
const preparing = { unrecorded: true, answers: /^\/admin\/revocations\/blk_/ };
const administrators = (form: ActionRule['form']): ActionRule => ({ may: 'administrators', form });
/** What leads to tokens or other accounts, silences what would tell, undoes the safety, or cannot be undone. */
const administratorsLately = (form: ActionRule['form']): ActionRule => ({ ...administrators(form), lately: true });

/** One line for every server action: a new one without a line fails. Administrators call them in this order. */
export const actionRules: Record<string, ActionRule> = {
  '_ui/theme-action#chooseTheme': {
    may: 'anybody',
    form: () => [['theme', 'dark']],
    changesNothing: true,
    answers: 'nothing',
  },
  '_ui/zone-actions#tellZone': {
    may: 'anybody',
    form: () => [['zone', 'Europe/Berlin']],
    changesNothing: true,
    answers: 'nothing',
  },
  '_ui/zone-actions#chooseClock': {
    may: 'anybody',
    form: () => [['clock', 'own']],
    changesNothing: true,
    answers: 'nothing',
  },
  '(account)/connections/[id]/actions#choose': {
    may: 'owners',
    form: ({ ownersConnection }) => [
      ['id', ownersConnection],
      ['list', 'site'],
      ['entry', entryKey(offeredSite)],
    ],
    answers: 'chosen',
  },
  // Its provider names this account, so that the owner is told so.
  '(account)/connections/[id]/actions#name': {
    may: 'owners',
    form: ({ ownersConnection }) => [
      ['id', ownersConnection],
      ['name', 'Shop'],
    ],
    changesNothing: true,
    answers: 'invalid_request',
  },
  '(account)/connections/[id]/disconnect/actions#disconnect': {
    may: 'owners',
    form: ({ ownersConnection }) => [['id', ownersConnection]],
    answers: 'disconnected',
  },
  '(account)/account/actions#signOutSession': {
    may: 'owners',
    form: ({ ownersSession }) => [['session', ownersSession]],
    answers: 'session_ended',
  },
  '_ui/session-actions#signOut': {
    may: 'oneself',
    form: () => [],
    says: { unauthenticated: 'signed_out', wrong_origin: '/connections' },
    answers: 'signed_out',
  },
  '(account)/account/actions#signOutEverywhere': { may: 'oneself', form: () => [], answers: 'signed_out' },
  'admin/ledger/seals/actions#verifyNow': { may: 'readers', form: () => [['checkpoint', '']], changesNothing: true },
  'admin/alerts/actions#acknowledge': administrators(({ alert }) => [['id', alert]]),
  'admin/alerts/actions#addNote': {
    ...administrators(({ alert }) => [
      ['id', alert],
      ['note', 'seen'],
    ]),
    unrecorded: true,
  },
  // No entry of the ledger belongs to this alert.
  'admin/alerts/actions#prepareRevocation': {
    ...administrators(({ alert }) => [['id', alert]]),
    changesNothing: true,
    answers: 'not_found',
  },
  'admin/alerts/actions#tellPeople': {
    ...administrators(({ alert }) => [['id', alert]]),
    changesNothing: true,
    answers: 'not_found',
  },
  'admin/alerts/actions#resolve': administrators(({ alert }) => [['id', alert]]),
  'admin/alerts/rules/actions#set': administratorsLately(() => [
    ['rule', 'failed_exchanges'],
    ['threshold', '8'],
  ]),
  'admin/alerts/rules/actions#reset': administratorsLately(() => [['rule', 'failed_exchanges']]),
  'admin/alerts/webhooks/actions#create': administratorsLately(({ hookUrl }) => [
    ['name', 'another'],
    ['url', hookUrl],
  ]),
  'admin/alerts/webhooks/actions#rotate': administratorsLately(({ webhook }) => [['id', webhook]]),
  'admin/alerts/webhooks/actions#sendTest': {
    ...administrators(({ webhook }) => [['id', webhook]]),
    changesNothing: true,
  },
  'admin/alerts/webhooks/actions#retry': administrators(({ delivery }) => [['id', delivery]]),
  'admin/alerts/webhooks/actions#retryAll': administrators(({ webhook }) => [['id', webhook]]),
  'admin/alerts/webhooks/actions#setEnabled': administratorsLately(({ webhook }) => [
    ['id', webhook],
    ['enabled', 'no'],
  ]),
  'admin/alerts/webhooks/actions#remove': administratorsLately(({ webhook }) => [['id', webhook]]),
  'admin/api-keys/actions#createKey': administratorsLately(() => [
    ['name', 'made in passing'],
    ['scopes', 'tokens:vend'],
    ['days', '7'],
  ]),
  'admin/api-keys/actions#changeAddresses': administratorsLately(({ key }) => [
    ['id', key],
    ['ipRanges', '203.0.113.0/24'],
    ['ipRule', 'deny'],
  ]),
  'admin/api-keys/actions#changeDetails': administrators(({ key }) => [
    ['id', key],
    ['name', 'renamed'],
    ['purpose', 'Reads your calendar'],
  ]),
  'admin/api-keys/actions#rotateKey': administratorsLately(({ keyToRotate }) => [
    ['id', keyToRotate],
    ['overlapHours', '24'],
  ]),
  'admin/api-keys/actions#revokeKey': administrators(({ key }) => [['id', key]]),
  'admin/applications/actions#registerApplication': {
    ...administratorsLately(() => [
      ['name', 'registered in passing'],
      ['contact', 'ops@app.example'],
      ['returnUrls', 'https://app.example/connected'],
    ]),
    answers: /^\/admin\/applications\/app_/,
  },
  'admin/applications/actions#saveApplication': administratorsLately(({ application }) => [
    ['id', application],
    ['name', 'renamed'],
    ['contact', 'ops@app.example'],
    ['returnUrls', 'https://elsewhere.example/connected'],
  ]),
  'admin/applications/actions#saveAppearance': administratorsLately(({ application }) => [
    ['id', application],
    ['light', '#9d174d'],
    ['dark', '#f9a8d4'],
  ]),
  'admin/applications/actions#stopApplication': administratorsLately(({ application }) => [
    ['id', application],
    reason,
  ]),
  'admin/applications/actions#resumeApplication': administratorsLately(({ application }) => [
    ['id', application],
    reason,
  ]),
  'admin/freezes/actions#setFreeze': administrators(({ person }) => [['scope', 'person'], ['target', person], reason]),
  'admin/freezes/actions#liftFreeze': administratorsLately(({ freeze }) => [['id', freeze], reason]),
  'admin/providers/actions#check': administrators(() => [['provider', 'google']]),
  'admin/checks/actions#run': administrators(() => [['provider', 'google']]),
  'admin/providers/actions#play': administrators(() => [['provider', 'google']]),
  // The row of the form is not the newest one.
  'admin/providers/actions#acceptMoved': {
    ...administratorsLately(() => [
      ['provider', 'google'],
      ['id', '999999999'],
    ]),
    changesNothing: true,
    answers: 'conflict',
  },
  'admin/keys/actions#rotate': administratorsLately(() => []),
  'admin/keys/actions#reseal': administrators(() => []),
  'admin/keys/actions#pause': administrators(() => []),
  'admin/keys/actions#retire': {
    ...administratorsLately(() => [['id', 'k9']]),
    changesNothing: true,
    answers: 'not_found',
  },
  'admin/keys/actions#count': { ...administrators(() => []), unrecorded: true },
  'admin/reviews/actions#compute': {
    ...administrators(({ review }) => [['id', review]]),
    unrecorded: true,
  },
  'admin/reviews/actions#assign': administrators(({ review }) => [
    ['id', review],
    ['owner', ''],
  ]),
  // A connection of another person is no test account.
  'admin/reviews/actions#drill': {
    ...administrators(({ ownersConnection }) => [
      ['provider', 'google'],
      ['connection', ownersConnection],
    ]),
    changesNothing: true,
    answers: 'not_found',
  },
  // The hub of the story sends no mail, and the person was there just now.
  'admin/reviews/actions#tellInactive': {
    ...administrators(({ person }) => [['person', person]]),
    changesNothing: true,
    answers: 'conflict',
  },
  'admin/reviews/actions#endInactive': {
    ...administratorsLately(({ person }) => [['person', person]]),
    changesNothing: true,
    answers: 'conflict',
  },
  'admin/reviews/actions#tellAllInactive': {
    ...administrators(({ person }) => [['people', person]]),
    changesNothing: true,
    answers: 'conflict',
  },
  // Not the number of connections that the person has.
  'admin/reviews/actions#endAllInactive': {
    ...administratorsLately(({ person }) => [
      ['people', person],
      ['expected', '99'],
      ['confirmation', 'revoke 99'],
    ]),
    changesNothing: true,
    answers: 'conflict',
  },
  'admin/reviews/actions#signOff': administrators(({ reviewToSign, reviewedAt }) => [
    ['id', reviewToSign],
    ['findingsAt', reviewedAt],
    ['note', 'the story asks for it'],
  ]),
  'admin/status/actions#resume': administratorsLately(() => [['provider', 'google'], reason]),
  // The hub of the story sends no mail.
  'admin/connections/actions#askOne': {
    ...administrators(({ ownersConnection }) => [['connection', ownersConnection]]),
    changesNothing: true,
    answers: 'conflict',
  },
  'admin/providers/actions#askAll': {
    ...administrators(() => [
      ['provider', 'google'],
      ['expected', '1'],
    ]),
    changesNothing: true,
    answers: 'conflict',
  },
  'admin/connections/actions#revokeOne': administrators(({ revocable }) => [['id', revocable], reason]),
  // What an administrator prepares takes the place of what they had prepared before, so this comes first.
  'admin/revocations/actions#start': administratorsLately(({ prepared }) => [
    ['id', prepared],
    ['expected', '1'],
    ['confirmation', 'revoke 1'],
    reason,
  ]),
  'admin/revocations/actions#prepare': {
    ...administrators(({ person }) => [['person', person]]),
    ...preparing,
  },
  'admin/revocations/actions#retryHeld': administratorsLately(({ heldGrant }) => [['id', heldGrant], reason]),
  'admin/revocations/actions#letGo': administratorsLately(({ heldToLetGo }) => [['id', heldToLetGo], reason]),
  'admin/connections/actions#prepareSelected': {
    ...administrators(({ selected }) => [['ids', selected]]),
    ...preparing,
  },
  'admin/people/actions#changeRole': administratorsLately(({ person }) => [
    ['id', person],
    ['role', 'administrator'],
  ]),
  'admin/people/actions#endTheirSession': administrators(({ session }) => [['session', session]]),
  'admin/people/actions#disable': administrators(({ person }) => [['id', person], ['confirmation', 'disable'], reason]),
  'admin/people/actions#enable': administratorsLately(({ person }) => [['id', person], reason]),
  'admin/people/actions#remove': administratorsLately(({ person }) => [
    ['id', person],
    ['confirmation', 'delete'],
    reason,
  ]),
};
