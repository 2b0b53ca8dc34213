import { CircleCheck, CircleDashed, type IconComponent } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import type { FirstStep, FirstStepView } from '#lib/overview/first-steps';

/** Each step in words; those without an address are settings, which the documentation names. */
const words: Record<FirstStep, { title: string; about: string; href?: string }> = {
  sign_in: {
    title: 'Say who may sign in',
    about:
      'Set SIGN_IN_ALLOW to your domain or to addresses, and restart. Without it only this machine reaches the hub.',
  },
  provider: {
    title: 'Set up a provider',
    about: 'Register the hub in the console of the provider, and set its client id and secret.',
    href: '/admin/providers',
  },
  account: {
    title: 'Connect an account',
    about: 'Connect one of your own to see the whole way.',
    href: '/connections',
  },
  api_key: {
    title: 'Make an API key',
    about: 'A service reads tokens with it. The page gives you a line to try.',
    href: '/admin/api-keys#new-key',
  },
  mail: {
    title: 'Set up mail',
    about: 'Set SMTP_URL and MAIL_FROM, and ALERT_EMAILS for the people who are told of alerts.',
  },
  webhook: {
    title: 'Send alerts and events to a webhook',
    about: 'For a chat or a monitoring system.',
    href: '/admin/alerts/webhooks',
  },
  backup: {
    title: 'Back up the database and the keys',
    about: 'The hub cannot see your backups. docs/deployment.md says what belongs to one, and how to try it.',
  },
};

const marks: Record<FirstStepView['state'], { icon: IconComponent; className: string; word: string }> = {
  done: { icon: CircleCheck, className: 'text-good', word: 'Done' },
  open: { icon: CircleDashed, className: 'text-soft', word: 'To do' },
  unknown: { icon: CircleDashed, className: 'text-soft', word: 'Not known here' },
};

/** What to do first with a new hub. The hub ticks each step itself. */
export function FirstSteps({ steps }: { steps: readonly FirstStepView[] }) {
  return (
    <ol className="card overflow-clip">
      {steps.map(({ step, state }) => {
        const { title, about, href } = words[step];
        const { icon: Icon, className, word } = marks[state];
        return (
          <li key={step} className="flex items-start gap-3 border-t border-line p-3 first:border-t-0">
            <Icon aria-hidden="true" className={`mt-0.5 size-5 flex-none ${className}`} />
            <div className="min-w-0 flex-1">
              <p className="font-medium">
                {href && state !== 'done' ? (
                  <Link href={href} className="link">
                    {title}
                  </Link>
                ) : (
                  title
                )}
              </p>
              {state !== 'done' && <p className="max-w-[75ch] text-meta text-soft">{about}</p>}
            </div>
            <span className={`text-meta whitespace-nowrap ${className}`}>{word}</span>
          </li>
        );
      })}
    </ol>
  );
}
