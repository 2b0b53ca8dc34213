import { createCipheriv, createDecipheriv, createHmac, hash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** A server on loopback until the test ends; `down` makes it answer 503 to everything. */
async function serve(answer: (request: IncomingMessage, body: string, response: ServerResponse) => void) {
  const state = { down: false, url: '' };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (!state.down) return answer(request, body, response);
    response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

const rootKey = randomBytes(32);
const seal = (plain: Buffer, context: string) => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', rootKey, nonce).setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
};
const open = (sealed: string, context: string) => {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', rootKey, bytes.subarray(0, 12)).setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
};

const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

/** Computes the signature of a request anew (AWS Signature Version 4) and compares. */
function isSigned(request: IncomingMessage, body: string, secretOf: (id: string) => string | undefined): boolean {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  const [, id = '', date = '', region = '', service = '', names = '', signature = ''] = match ?? [];
  const secret = secretOf(id);
  if (!match || secret === undefined) return false;
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`);
  const url = new URL(request.url ?? '/', 'http://localhost');
  const canonical = [request.method, url.pathname, '', headers.join(''), names, hash('sha256', body)].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, hash('sha256', canonical)].join('\n');
  const key = [region, service, 'aws4_request'].reduce(hmac, hmac(`AWS4${secret}`, date));
  return (
    ['host', 'x-amz-date'].every((name) => names.split(';').includes(name)) &&
    hmac(key, toSign).toString('hex') === signature
  );
}

/** AWS KMS (`TrentService`, JSON 1.1) and the one call of STS, as AWS documents them. */
export async function startAws(accounts: Record<string, string>) {
  const seen: { target: string; context: Record<string, string>; keyId: string; id: string }[] = [];
  const assumed: string[] = [];
  /** Seconds for which the credentials of a role are good. */
  const life = { seconds: 3600 };
  const kms = await serve((request, body, response) => {
    const refuse = (type: string) =>
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify({ __type: type }));
    if (!isSigned(request, body, (id) => accounts[id])) return refuse('InvalidSignatureException');
    const target = String(request.headers['x-amz-target']);
    const asked = JSON.parse(body) as Record<string, string> & { EncryptionContext: Record<string, string> };
    const { KeyId = '', EncryptionContext: context } = asked;
    const [, id = ''] = /Credential=([^/]+)/.exec(request.headers.authorization ?? '') ?? [];
    seen.push({ target, context, keyId: KeyId, id });
    const bound = JSON.stringify([KeyId, Object.entries(context).sort()]);
    const answer = (result: Record<string, string>) =>
      response
        .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify({ KeyId, ...result }));
    if (target === 'TrentService.Encrypt')
      return answer({ CiphertextBlob: seal(Buffer.from(asked.Plaintext ?? '', 'base64'), bound) });
    try {
      return answer({ Plaintext: open(asked.CiphertextBlob ?? '', bound).toString('base64') });
    } catch {
      return refuse('InvalidCiphertextException');
    }
  });
  const sts = await serve((_, body, response) => {
    const asked = new URLSearchParams(body);
    assumed.push(`${asked.get('RoleArn')} ${asked.get('WebIdentityToken')}`);
    const id = `ASIA${assumed.length}`;
    accounts[id] = randomBytes(20).toString('hex');
    const ends = new Date(Date.now() + life.seconds * 1000).toISOString();
    response.writeHead(200, { 'content-type': 'text/xml' }).end(
      `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
        <Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${accounts[id]}</SecretAccessKey>
        <SessionToken>session</SessionToken><Expiration>${ends}</Expiration></Credentials>
        </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
    );
  });
  return { kms, sts, seen, assumed, life };
}

/** A Transit engine at `transit/`, by the HTTP interface of Vault and OpenBao. Tokens live for so many seconds. */
export async function startTransit(first: { token: string; seconds: number }) {
  const tokens = new Map([[first.token, { endsAt: Date.now() + first.seconds * 1000, seconds: first.seconds }]]);
  const calls: string[] = [];
  /** `wrongKey`: it opens to another 32 bytes. `refuses`: it opens nothing. `slow`: it answers once this is over. */
  const behaviour: { wrongKey: boolean; refuses: boolean; slow: Promise<void> | undefined } = {
    wrongKey: false,
    refuses: false,
    slow: undefined,
  };
  const server = await serve(async (request, body, response) => {
    const path = request.url ?? '';
    calls.push(`${request.method} ${path}`);
    const answer = (status: number, result: unknown = { errors: [] }) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(result));
    const held = tokens.get(String(request.headers['x-vault-token']));
    if (!held || held.endsAt < Date.now() || request.headers['x-vault-request'] !== 'true') return answer(403);
    const asked = (body ? JSON.parse(body) : {}) as Record<string, string>;
    if (path === '/v1/auth/token/lookup-self')
      return answer(200, { data: { ttl: Math.ceil((held.endsAt - Date.now()) / 1000), renewable: true } });
    if (path === '/v1/auth/token/renew-self') {
      held.endsAt = Date.now() + held.seconds * 1000;
      return answer(200, { auth: { lease_duration: held.seconds, renewable: true } });
    }
    const context = `hub ${asked.associated_data}`;
    if (path === '/v1/transit/encrypt/hub')
      return answer(200, {
        data: { ciphertext: `vault:v1:${seal(Buffer.from(asked.plaintext ?? '', 'base64'), context)}` },
      });
    if (path !== '/v1/transit/decrypt/hub') return answer(404);
    await behaviour.slow;
    if (behaviour.refuses)
      return answer(400, { errors: ['ciphertext or signature version is disallowed by policy (too old)'] });
    if (behaviour.wrongKey) return answer(200, { data: { plaintext: randomBytes(32).toString('base64') } });
    try {
      const plain = open((asked.ciphertext ?? '').slice('vault:v1:'.length), context);
      return answer(200, { data: { plaintext: plain.toString('base64') } });
    } catch {
      return answer(400, { errors: ['invalid ciphertext: unable to decrypt'] });
    }
  });
  return { server, tokens, calls, behaviour };
}
