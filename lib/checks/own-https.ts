import type { HubCheck, Observation } from '#lib/checks/check';
import { onThisMachine } from '#lib/checks/own-certificate';
import { hostWithPort } from '#lib/config/address-class';
import type { Context } from '#lib/context';
import { OutboundError } from '#lib/outbound/outbound-error';
import { reasonWords } from '#lib/provider-check/failure-words';

/** A year, as OWASP ASVS 5.0 (3.4.1) asks for. Seconds. */
const leastMaxAge = 31_536_000;

/** `max-age` of the header (RFC 6797 §6.1.1); null where it has none. */
function maxAgeOf(header: string): number | null {
  const given = /(?:^|;)\s*max-age\s*=\s*"?(\d+)"?\s*(?:;|$)/i.exec(header)?.[1];
  return given === undefined ? null : Number(given);
}

/** The hub's own address as seen from outside, through the guarded fetch, with HSTS on its answer. */
export async function look(ctx: Pick<Context, 'config' | 'fetch'>): Promise<Observation> {
  const { appUrl, secure } = ctx.config;
  const url = new URL('/healthz', appUrl);
  const lookedAt = url.href;
  if (!secure) return { ...onThisMachine, lookedAt };
  try {
    const response = await ctx.fetch(url, { operatorHosts: [hostWithPort(appUrl)], showRedirect: true });
    if (response.status !== 200) {
      const found = `The address answers with status ${response.status}.`;
      return { result: 'unknown', lookedAt, found, mend: 'Look whether APP_URL leads to this hub.' };
    }
    const header = response.headers.get('strict-transport-security') ?? '';
    const maxAge = maxAgeOf(header);
    const mend = 'Let the proxy before the hub pass the header Strict-Transport-Security on, as the hub sends it.';
    if (maxAge === null)
      return { result: 'fails', lookedAt, found: 'The hub answers over https, and without HSTS.', mend };
    if (maxAge < leastMaxAge)
      return { result: 'fails', lookedAt, found: `HSTS lasts for ${maxAge} seconds, less than a year.`, mend };
    return { result: 'passes', lookedAt, found: `The hub answers over https, with HSTS for ${maxAge} seconds.` };
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    const { found, mend } = reasonWords(error.reason ?? error.code);
    return { result: 'unknown', lookedAt, found: `This machine cannot see it. ${found}`, mend };
  }
}

export const ownHttps: HubCheck = {
  id: 'own_https',
  name: 'HTTPS and HSTS at this hub',
  line: 'https',
  scope: 'hub',
  alert: 'warning',
  look,
};
