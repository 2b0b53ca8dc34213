import { Link } from '#app/_ui/link';
import type { AlertDetailView } from '#lib/alerts/views';
import { standingFreeze } from '#lib/freezes/list';
import type { PersonContext } from '#lib/guards/require';
import { FreezeControl } from '../../freezes/_parts/freeze-control.tsx';

interface Way {
  href: string;
  word: string;
  /** Led somewhere where only administrators can do anything. */
  administrators?: boolean;
}

/** What somebody who reads an alert goes to see or do, in the order of the hurry. */
function waysOf({ rule, subject }: Pick<AlertDetailView, 'rule' | 'subject'>): Way[] {
  if (subject?.kind === 'api_key')
    return [
      {
        href: `/admin/ledger?${new URLSearchParams({ key: subject.id, action: 'token.vended' })}`,
        word: 'What it read',
      },
      { href: `/admin/ledger?${new URLSearchParams({ key: subject.id })}`, word: 'All that it did' },
      {
        href: `/admin/revocations?${new URLSearchParams({ key: subject.id })}`,
        word: 'Revoke what it read',
        administrators: true,
      },
    ];
  if (subject?.kind === 'check') {
    const provider = subject.id.split('/')[1];
    const page = `/admin/providers/${encodeURIComponent(provider ?? '')}`;
    return [
      { href: '/admin/checks', word: 'What the check saw, and how to mend it' },
      ...(provider ? [{ href: page, word: 'The provider' }] : []),
    ];
  }
  if (subject?.kind === 'provider')
    return [
      { href: `/admin/ledger?${new URLSearchParams({ provider: subject.id })}`, word: 'What happened there' },
      { href: `/admin/connections?${new URLSearchParams({ provider: subject.id })}`, word: 'Its connections' },
      {
        href: `/admin/revocations?${new URLSearchParams({ provider: subject.id })}`,
        word: 'Revoke many of them',
        administrators: true,
      },
    ];
  if (rule === 'ledger_broken') return [{ href: '/admin/ledger/seals', word: 'Where the ledger is broken' }];
  if (rule === 'mass_revocation')
    return [
      { href: '/admin/ledger?action=connection.revoked', word: 'What was revoked' },
      { href: '/admin/revocations', word: 'Bulk revocations' },
    ];
  if (rule === 'key_service_down') return [{ href: '/admin/keys', word: 'Vault keys' }];
  if (rule === 'reviews_overdue') return [{ href: '/admin/reviews', word: 'The reviews' }];
  if (rule === 'instance_restored')
    return [{ href: '/admin/freezes', word: 'What is frozen, and what to do before thawing' }];
  if (rule === 'instance_promoted')
    return [{ href: '/admin/ledger?action=instance.promoted', word: 'Up to when it had everything' }];
  return [{ href: '/admin/ledger', word: 'Ledger' }];
}

/** What a freeze would stop: of a check, its provider. */
function freezableOf(subject: AlertDetailView['subject']): ['provider' | 'api_key' | 'everything', string] {
  if (subject === null) return ['everything', ''];
  if (subject.kind !== 'check') return [subject.kind, subject.id];
  const provider = subject.id.split('/')[1];
  return provider ? ['provider', provider] : ['everything', ''];
}

/** Stops what the alert is about, and leads to what it did. */
export async function WhereNext({ ctx, alert }: { ctx: PersonContext; alert: AlertDetailView }) {
  const { subject } = alert;
  const administrator = ctx.actor.role === 'administrator';
  const [scope, target] = freezableOf(subject);
  const freeze = await standingFreeze(ctx, { scope, target });
  return (
    <section aria-labelledby="next" className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2">
      <h2 id="next" className="sr-only">
        Where to go from here
      </h2>
      <FreezeControl
        scope={scope}
        target={target}
        name={subject && (subject.kind === 'check' ? target : (subject.name ?? subject.id))}
        freeze={freeze}
        administrator={administrator}
      />
      {waysOf(alert)
        .filter(({ administrators }) => administrator || !administrators)
        .map(({ href, word }) => (
          <Link key={href} href={href} className="link">
            {word}
          </Link>
        ))}
    </section>
  );
}
