import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { capture } from '#scripts/processes';
import { signedMessage } from '#tests/sdk/webhook-messages';
import { isGrantkeepError } from '../../sdk/src/errors.ts';
import { verifyWebhook } from '../../sdk/src/webhooks.ts';

type Shown = { body: string; headers: Record<string, string>; secret: string | string[] };

const other = `whsec_${randomBytes(32).toString('base64')}`;
const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000);
const signature = (message: Shown) => message.headers['webhook-signature'] ?? '';

/** Messages, each with the outcome that every verifier must come to. */
const cases: [string, 'taken' | 'invalid_webhook' | 'fault', () => Shown][] = [
  ['a true message', 'taken', () => signedMessage()],
  ['one with two secrets known', 'taken', () => withSecrets((secret) => [other, secret])],
  ['one with names of headers in capitals', 'taken', () => withHeaders((headers) => capitals(headers))],
  [
    'one signed with two secrets, the other of which is known',
    'taken',
    () => {
      const message: Shown = signedMessage();
      return changed(message, { 'webhook-signature': `${signature(signedMessage(other))} ${signature(message)}` });
    },
  ],
  ['one that is almost too old', 'taken', () => signedMessage(undefined, secondsAgo(280))],
  ['one that is too old', 'invalid_webhook', () => signedMessage(undefined, secondsAgo(320))],
  ['one from the future', 'invalid_webhook', () => signedMessage(undefined, secondsAgo(-320))],
  ['one with another secret', 'invalid_webhook', () => withSecrets(() => other)],
  ['a changed body', 'invalid_webhook', () => ({ ...signedMessage(), body: '{}' })],
  ['another id', 'invalid_webhook', () => changed(signedMessage(), { 'webhook-id': 'msg_2' })],
  ['another time', 'invalid_webhook', () => changed(signedMessage(), { 'webhook-timestamp': String(now() - 1) })],
  ['a time that is no number', 'invalid_webhook', () => changed(signedMessage(), { 'webhook-timestamp': 'NaN' })],
  [
    'a time with digits of another script',
    'invalid_webhook',
    () => changed(signedMessage(), { 'webhook-timestamp': '١' }),
  ],
  ['no signature', 'invalid_webhook', () => changed(signedMessage(), { 'webhook-signature': '' })],
  ['an empty signature', 'invalid_webhook', () => changed(signedMessage(), { 'webhook-signature': 'v1,' })],
  ['a signature cut short', 'invalid_webhook', () => withHeaders((headers) => cut(headers))],
  ['another version', 'invalid_webhook', () => withHeaders((headers) => versioned(headers))],
  ['an empty secret', 'fault', () => withSecrets(() => '')],
  ['a secret without its bytes', 'fault', () => withSecrets(() => 'whsec_')],
  ['no secret', 'fault', () => withSecrets(() => [])],
];

const now = () => Math.floor(Date.now() / 1000);
const changed = (message: Shown, headers: Record<string, string>): Shown => ({
  ...message,
  headers: { ...message.headers, ...headers },
});
const withHeaders = (change: (headers: Record<string, string>) => Record<string, string>): Shown => {
  const message = signedMessage();
  return { ...message, headers: change(message.headers) };
};
const withSecrets = (change: (secret: string) => string | string[]): Shown => {
  const message = signedMessage();
  return { ...message, secret: change(message.secret) };
};
const capitals = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
const cut = (headers: Record<string, string>) => ({
  ...headers,
  'webhook-signature': headers['webhook-signature']?.slice(0, -5) ?? '',
});
const versioned = (headers: Record<string, string>) => ({
  ...headers,
  'webhook-signature': headers['webhook-signature']?.replace('v1,', 'v2,') ?? '',
});

function outcomeOf({ body, headers, secret }: Shown): string {
  try {
    const message = verifyWebhook(body, headers, { secret });
    return message.type === 'webhook.test' && message.id === 'msg_1' ? 'taken' : 'misread';
  } catch (error) {
    return isGrantkeepError(error, 'invalid_webhook') ? 'invalid_webhook' : 'fault';
  }
}

test.each(cases)('%s is %s', (_, outcome, message) => {
  expect(outcomeOf(message())).toBe(outcome);
});

test('bytes and the web’s Headers do as well', () => {
  const { body, headers, secret } = signedMessage();
  expect(verifyWebhook(Buffer.from(body), new Headers(headers), { secret })).toMatchObject({ id: 'msg_1' });
});

test('a tolerance that is no number lets nothing through', () => {
  const { body, headers, secret } = signedMessage();
  expect(() => verifyWebhook(body, headers, { secret, toleranceSeconds: Number.NaN })).toThrow('too old');
});

const python = `
import json, sys
sys.path.insert(0, "sdk/python")
import grantkeep

def outcome(shown):
    try:
        message = grantkeep.verify_webhook(shown["body"].encode(), shown["headers"], shown["secret"])
        return "taken" if (message["type"], message["id"]) == ("webhook.test", "msg_1") else "misread"
    except grantkeep.GrantkeepError as error:
        return error.code
    except ValueError:
        return "fault"

print(json.dumps([outcome(shown) for shown in json.loads(sys.argv[1])]))
`;

test('Python comes to the same', async () => {
  const shown = cases.map(([, , message]) => message());
  const { status, output } = await capture('/usr/bin/python3', ['-B', '-c', python, JSON.stringify(shown)]);
  expect(status, output).toBe(0);
  expect(JSON.parse(output)).toEqual(cases.map(([, outcome]) => outcome));
});
