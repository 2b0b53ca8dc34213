import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** A message as the hub signs it, by the library with which it does. */
export function signedMessage(secret = `whsec_${randomBytes(32).toString('base64')}`, at = new Date()) {
  const body = JSON.stringify({ type: 'webhook.test', timestamp: at.toISOString(), data: { webhook: 'whk_1' } });
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', at, body),
  };
  return { body, headers, secret };
}
