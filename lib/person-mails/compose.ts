import type { Config } from '#lib/config/config';
import type { PersonMailEvent } from '#lib/db/schema/person-mails';
import { isAddress } from '#lib/outbound/send-mail';
import { newsSentence, type PersonNews, senderName } from '#lib/person-mails/words';

/** One line of a mail: an account, and what became of it. */
export interface MailedNews extends PersonNews {
  connectionId: string;
  /** The provider's name. */
  provider: string;
  /** The account as its person knows it; null: it has no name. */
  label: string | null;
  occurredAt: Date;
}

/** Accounts that one mail names; the page has all of them. */
const mostNamed = 20;

const subjects: Record<PersonMailEvent, (provider: string) => string> = {
  connected: (provider) => `Your ${provider} account was connected`,
  disconnected: (provider) => `Your ${provider} account was disconnected`,
  needs_reconnect: (provider) => `Reconnect your ${provider} account`,
  incident: (provider) => `Please check your ${provider} account`,
};
const plural: Record<PersonMailEvent, (count: number) => string> = {
  connected: (count) => `${count} of your accounts were connected`,
  disconnected: (count) => `${count} of your accounts were disconnected`,
  needs_reconnect: (count) => `Reconnect ${count} of your accounts`,
  incident: (count) => `Please check ${count} of your accounts`,
};

/**
 * A label as a mail may quote it: one line, and nothing that a mail reader makes a link of. Another party may have
 * written it.
 */
export function quotedLabel(label: string | null): string | null {
  const line = label
    ?.replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, 80);
  if (!line || /[/\\<>]|\b(?:www\.|(?:mailto|tel|sms):)/iu.test(line)) return null;
  // Readers make a link of a bare name of a host, too. An address alone is what most accounts are called.
  return isAddress(line) || !/[\p{L}\p{N}][.\u2024\u3002\uff0e\uff61]\p{L}{2}/u.test(line) ? line : null;
}

function subjectOf(news: readonly MailedNews[]): string {
  const [first] = news;
  if (!first) throw new Error('a mail about nothing');
  if (news.length === 1) return subjects[first.event](first.provider);
  const events = new Set(news.map(({ event }) => event));
  return events.size === 1 ? plural[first.event](news.length) : `What became of ${news.length} of your accounts`;
}

/** The page of a connection, for its person: signing in leads on to it, and it holds no secret. */
export const connectionAddress = ({ appUrl }: Config, id: string): string => new URL(`/connections/${id}`, appUrl).href;

/** The mail that tells a person of their accounts. Times are UTC. */
export function composePersonMail(config: Config, news: readonly MailedNews[]): { subject: string; text: string } {
  const contact = config.organisation?.contact ?? null;
  const parts = news.slice(0, mostNamed).map((one) => {
    const label = quotedLabel(one.label);
    const when = `${one.occurredAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    const name = label ? `${one.provider}, ${label}` : one.provider;
    return `${name} (${when})\n${newsSentence(one, one.provider, contact)}\n${connectionAddress(config, one.connectionId)}`;
  });
  const more = news.length - parts.length;
  if (more > 0) parts.push(`And ${more} more: ${new URL('/connections', config.appUrl).href}`);
  return {
    subject: subjectOf(news),
    text: `${parts.join('\n\n')}\n\n${senderName(config)} sends this mail because it keeps your connected accounts. Its pages ask you to sign in. They never ask for a password of another site.\n`,
  };
}
