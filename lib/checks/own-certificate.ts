import type { HubCheck, Observation } from '#lib/checks/check';
import { hostWithPort } from '#lib/config/address-class';
import type { Context } from '#lib/context';
import { inspectHost } from '#lib/outbound/inspect-host';
import { certificateFinding } from '#lib/provider-check/check-hosts';
import { isCertificateCode, reasonWords } from '#lib/provider-check/failure-words';

const inspectMs = 8_000;

/** Why an address of ours is no https address: this machine alone reaches it. */
export const onThisMachine = {
  result: 'not_promised',
  found: 'APP_URL is an address of this machine without https. Other machines cannot reach it.',
} as const;

/** DNS, connection and certificate of the address to which providers send browsers back. Nothing is sent. */
export async function look(ctx: Pick<Context, 'config' | 'now'>): Promise<Observation> {
  const { appUrl, proxy, secure } = ctx.config;
  const lookedAt = appUrl.origin;
  if (!secure) return { ...onThisMachine, lookedAt };
  if (proxy) {
    const found = 'The hub calls through a proxy, which looks names up and connects by itself.';
    return { result: 'unknown', lookedAt, found, mend: 'Watch the certificate from another machine.' };
  }
  const seen = await inspectHost(appUrl, { operatorHosts: [hostWithPort(appUrl)], timeoutMs: inspectMs });
  if (seen.certificate) {
    const { result, found, mend } = certificateFinding(lookedAt, seen.certificate, ctx.now().getTime());
    const renew = mend && 'Renew the certificate of the hub’s own address: browsers refuse to come back otherwise.';
    const where = `The name has ${seen.addresses} ${seen.addresses === 1 ? 'address' : 'addresses'}.`;
    return { result, lookedAt, found: `${where} ${found}`, mend: renew };
  }
  const code = seen.reason ?? 'failed';
  const { found } = reasonWords(code);
  // The machine of the hub may have no way to its own public address, where browsers have one.
  const result = isCertificateCode(code) || code === 'ENOTFOUND' ? 'fails' : 'unknown';
  const mend = 'Look whether APP_URL leads to this hub, from here and from outside.';
  return { result, lookedAt, found, mend };
}

export const ownCertificate: HubCheck = {
  id: 'own_certificate',
  name: 'Name and certificate of the redirect URI',
  line: 'redirect_uri',
  scope: 'hub',
  alert: 'critical',
  look,
};
