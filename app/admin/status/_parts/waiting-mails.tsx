import { Notice } from '#app/_ui/notice';
import type { WaitingMailsView } from '#lib/status/waiting-mails';
import { numberText } from '#ui/number-text';

/** Says that mails wait, since the mail server did not take them; nothing where none waits. */
export function WaitingMails({ mails: { alerts, people } }: { mails: WaitingMailsView }) {
  const parts = [
    ...(alerts.count > 0 ? [`${numberText(alerts)} about alerts`] : []),
    ...(people.count > 0 ? [`${numberText(people)} to people about their connections`] : []),
  ];
  if (parts.length === 0) return null;
  return (
    <Notice tone="warn" title="The mail server does not take every mail">
      <p>
        Waiting: {parts.join(', ')}. The hub tries each again, alerts for a day and news to people for three days.
        Compare SMTP_URL and MAIL_FROM with the server. The log has its answer as <code>alert_mail_not_sent</code> or{' '}
        <code>person_mail_not_sent</code>.
      </p>
    </Notice>
  );
}
