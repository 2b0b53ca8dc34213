import type { NeedKind, NeedView } from '#lib/overview/needs';
import { concernWords } from '#ui/concern-words';
import { numberText } from '#ui/number-text';
import type { Tone } from '#ui/status-words';
import { connectionsAddress } from './addresses.ts';

interface NeedWords {
  tone: Tone;
  href: string;
  /** What there is, with how many. */
  title: string;
  /** What it means, or what to do. */
  about: string;
}

type Words = Record<NeedKind, (need: NeedView, one: boolean, n: string) => NeedWords>;

const words: Words = {
  ledger_broken: () => ({
    tone: 'bad',
    href: '/admin/ledger/seals',
    title: 'The ledger is broken',
    about:
      'Its last check found entries that differ from those under their seals. Keep the database as it is and find out who had access.',
  }),
  alerts_open: (_, one, n) => ({
    tone: 'bad',
    href: '/admin/alerts?state=open',
    title: one ? '1 open alert' : `${n} open alerts`,
    about: 'They wait for an acknowledgement.',
  }),
  standing_freezes: (_, one, n) => ({
    tone: 'frozen',
    href: '/admin/freezes',
    title: one ? '1 freeze is in force' : `${n} freezes are in force`,
    about: 'What is frozen is neither read, refreshed nor connected until it is thawed.',
  }),
  providers_failing: ({ names }, one) => ({
    tone: 'bad',
    href: '/admin/status',
    title: one ? `${names[0]} is not answering` : `${names.length} providers are not answering`,
    about: one ? 'Calls to it are paused; tokens that still live are handed out.' : `${names.join(', ')}.`,
  }),
  checks_failing: ({ names }, one) => ({
    tone: 'warn',
    href: '/admin/checks',
    title: one ? `A check fails: ${names[0]}` : `${names.length} checks fail`,
    about: 'The page of the checks says what each one saw, and how to mend it.',
  }),
  background_late: (_, one, n) => ({
    tone: 'warn',
    href: '/admin/status',
    title: one ? '1 background job is late' : `${n} background jobs are late`,
    about: 'Revocations, refreshes and alerts wait for it.',
  }),
  background_failing: ({ names }, one, n) => ({
    tone: 'warn',
    href: '/admin/status#jobs',
    title: one ? `A background step failed: ${names[0]}` : `${n} background steps failed`,
    about: 'At their last run. Each is tried again within a minute; the log of the hub says why it failed.',
  }),
  ledger_unsealed: () => ({
    tone: 'warn',
    href: '/admin/ledger/seals',
    title: 'Entries of the ledger wait for their seal',
    about: 'Until they have it, a change to them would not be noticed.',
  }),
  revocation_unproved: (_, one, n) => ({
    tone: 'bad',
    href: connectionsAddress({ concern: 'revocation_unproved' }),
    title: one ? '1 revoked grant is still accepted' : `${n} revoked grants are still accepted`,
    about: concernWords.revocation_unproved.about,
  }),
  revocation_failed: (_, one, n) => ({
    tone: 'bad',
    href: connectionsAddress({ concern: 'revocation_failed' }),
    title: one ? '1 revocation failed' : `${n} revocations failed`,
    about: concernWords.revocation_failed.about,
  }),
  needs_reconnect: (_, one, n) => ({
    tone: 'warn',
    href: connectionsAddress({ status: 'needs_reconnect' }),
    title: one ? '1 connection needs reconnecting' : `${n} connections need reconnecting`,
    about: 'Each waits for its own person.',
  }),
  grant_expiring: (_, one, n) => ({
    tone: 'warn',
    href: connectionsAddress({ concern: 'grant_expiring' }),
    title: one ? '1 grant expires soon' : `${n} grants expire soon`,
    about: concernWords.grant_expiring.about,
  }),
  keys_expiring: (_, one, n) => ({
    tone: 'warn',
    href: '/admin/api-keys?expiring=1',
    title: one ? '1 API key ends soon' : `${n} API keys end soon`,
    about: 'Within two weeks. Make a new one for the service before.',
  }),
  webhooks_failing: (_, one, n) => ({
    tone: 'warn',
    href: '/admin/alerts/webhooks',
    title: one ? '1 webhook takes no messages' : `${n} webhooks take no messages`,
    about: 'Its receiver fails or does not answer. The hub tries each message for a day, and then gives it up.',
  }),
  webhooks_off: (_, one, n) => ({
    tone: 'warn',
    href: '/admin/alerts/webhooks',
    title: one ? '1 webhook was switched off' : `${n} webhooks were switched off`,
    about: 'The receiver answered that it is gone for good. The hub sends it nothing more.',
  }),
  mails_waiting: (_, one, n) => ({
    tone: 'warn',
    href: '/admin/status#jobs',
    title: one ? '1 mail waits' : `${n} mails wait`,
    about: `The mail server did not take ${one ? 'it' : 'them'} so far. The hub tries again.`,
  }),
};

/** What a need is called, what it means and where its rows are. */
export function needWords(need: NeedView): NeedWords {
  const { count, capped } = need.counted;
  return words[need.kind](need, count === 1 && !capped, numberText(need.counted));
}
