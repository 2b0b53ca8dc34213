interface Answer {
  status: number | null;
  code: string | null;
}

const codes: Record<string, string> = {
  outbound_blocked: 'Its address may not be called',
  outbound_timeout: 'No answer in time',
  outbound_too_large: 'Its answer was too large',
  outbound_redirect: 'It redirected, which is not followed',
  outbound_failed: 'Could not be reached',
};

/** What came back from a receiver, in words: a status, or why there is none. Null before the first attempt. */
export function answerText({ status, code }: Answer): string | null {
  if (status !== null) return `Status ${status}`;
  return code === null ? null : (codes[code] ?? `A fault of this hub (${code})`);
}

/** Whether a receiver took the message. */
export const isTaken = ({ status }: Pick<Answer, 'status'>): boolean =>
  status !== null && status >= 200 && status < 300;
