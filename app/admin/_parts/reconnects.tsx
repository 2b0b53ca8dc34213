import { CopiedId } from '#app/_ui/copied-id';
import { Fact, Facts } from '#app/_ui/facts';
import type { ReconnectCounts } from '#lib/person-mails/ask-reconnect';

interface ReconnectsProps {
  /** The address that people may be given. */
  address: string;
  counts: ReconnectCounts;
  /** The button that mails; shown where a person can be asked. */
  children: React.ReactNode;
}

const reasons: [reason: keyof ReconnectCounts['without'], words: string][] = [
  ['lately', 'had a mail within a day'],
  ['no_address', 'without an e-mail address'],
  ['disabled', 'disabled'],
  ['frozen', 'with a frozen connection'],
  ['application', 'of an application, which asks its own people'],
];

/** What brings people back to reconnect: an address to give them, and the mail. */
export function Reconnects({ address, counts, children }: ReconnectsProps) {
  const { askable, without, canMail } = counts;
  const others = reasons.filter(([reason]) => without[reason] > 0);
  return (
    <Facts>
      <Fact label="Reconnect link">
        <CopiedId id={address} what="the reconnect link" />
        <p className="text-meta text-soft">It holds no secret. It works after signing in, for the account’s person.</p>
      </Fact>
      <Fact label="Mail">
        <div className="flex flex-col items-start gap-2">
          {!canMail && <p className="text-soft">The hub sends no such mails: see SMTP_URL and PERSON_MAILS.</p>}
          {canMail && askable.people > 0 && children}
          {canMail && others.length > 0 && (
            <p className="text-soft">
              Not mailed: {others.map(([reason, words]) => `${without[reason]} ${words}`).join(', ')}.
            </p>
          )}
        </div>
      </Fact>
    </Facts>
  );
}
