import { ArrivalFocus } from '#app/_ui/arrival-focus';
import { CircleAlert, CircleCheck, type IconComponent, Info } from '#app/_ui/icons';

export type NoticeTone = 'good' | 'bad' | 'info' | 'warn';

const looks: Record<NoticeTone, { icon: IconComponent; className: string }> = {
  good: { icon: CircleCheck, className: 'bg-good-tint text-good' },
  bad: { icon: CircleAlert, className: 'bg-bad-tint text-bad' },
  warn: { icon: CircleAlert, className: 'bg-warn-tint text-warn' },
  info: { icon: Info, className: 'bg-sunken text-soft' },
};

interface NoticeProps {
  tone: NoticeTone;
  title: string;
  /** Follows the title on its line. */
  after?: React.ReactNode;
  children?: React.ReactNode;
  /** Finds the event in the ledger and the log. */
  reference?: string | undefined;
  /** The answer to what the person just did: announced, and given the focus. */
  arrival?: boolean;
}

/** What happened and what to do now, in place. */
export function Notice({ tone, title, after, children, reference, arrival = false }: NoticeProps) {
  const { icon: Icon, className } = looks[tone];
  const content = (
    <>
      <Icon aria-hidden="true" className="mt-0.5 size-5 flex-none" />
      <div className="min-w-0 flex-1 text-ink">
        <p className="font-medium">
          {title}
          {after && <> {after}</>}
        </p>
        {children && <div className="mt-1 flex flex-col gap-2">{children}</div>}
        {reference && (
          <p className="mt-1 text-meta text-soft">
            Reference <code className="font-mono wrap-anywhere">{reference}</code>
          </p>
        )}
      </div>
    </>
  );
  const box = `flex gap-3 rounded-lg p-3 ${className}`;
  if (!arrival) return <div className={box}>{content}</div>;
  return (
    <ArrivalFocus role={tone === 'bad' ? 'alert' : 'status'} className={box}>
      {content}
    </ArrivalFocus>
  );
}
