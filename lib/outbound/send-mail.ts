import nodemailer from 'nodemailer';
import type { Config } from '#lib/config/config';

/** For connecting, for the greeting, and for each answer after it. */
const timeoutMs = 10_000;

export interface Mail {
  to: string[];
  subject: string;
  text: string;
  /** The same for each try of one mail, so that mail servers know a repetition; without it a new one is made. */
  messageId?: string;
}

/**
 * Sends a mail by the configured server.
 * @throws nodemailer's error, which may quote the server's address with its password: log `mailErrorCode` of it only
 */
export async function sendMail({ smtpUrl, from }: NonNullable<Config['mail']>, mail: Mail): Promise<void> {
  const transport = nodemailer.createTransport({
    url: smtpUrl,
    // An attacker between the two could take the offer of TLS away, and would then be told the password.
    requireTLS: new URL(smtpUrl).password !== '',
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    // RFC 3834 §5: no machine answers a machine.
    await transport.sendMail({ from, headers: { 'Auto-Submitted': 'auto-generated' }, ...mail });
  } finally {
    transport.close();
  }
}

/** The code of what `sendMail` threw. */
export const mailErrorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'internal';

/** One address, and no list of them, which a mail server would split (RFC 5322 §3.4). */
export const isAddress = (email: string | null): email is string =>
  email !== null && /^[^\s<>@,;:"()[\]\\]+@[^\s<>@,;:"()[\]\\]+$/.test(email);
