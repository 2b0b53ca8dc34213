import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { hostOf, type TransitRootConfig, type VaultRoots } from '#lib/config/vault-root';
import { AppError } from '#lib/errors';
import type { GuardedFetch } from '#lib/outbound/guarded-fetch';
import { type KeyRoot, KeyServiceDown } from '#lib/vault/root';

const encrypted = z.object({ data: z.object({ ciphertext: z.string().startsWith('vault:v') }) });
const decrypted = z.object({ data: z.object({ plaintext: z.base64() }) });
const token = z.object({ data: z.object({ ttl: z.number(), renewable: z.boolean() }) });
const renewed = z.object({ auth: z.object({ lease_duration: z.number(), renewable: z.boolean() }) });

/** The token as the service told of it last. */
interface TokenLife {
  value: string;
  /** Seconds of its life, from `since` (milliseconds of `performance.now()`); 0: it never ends. */
  seconds: number;
  since: number;
  renewable: boolean;
}

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');

/**
 * A key of a Transit engine as a root, by the HTTP interface that Vault and OpenBao share: `encrypt`, `decrypt` with
 * associated data, `auth/token/lookup-self` and `renew-self`. The token needs the two first on the key; its own two are
 * in the policy `default`.
 * @param given the token, or the file with it
 * @param fetch the guarded fetch
 */
export function transitRoot(
  root: TransitRootConfig,
  given: NonNullable<VaultRoots['token']>,
  fetch: GuardedFetch,
): KeyRoot {
  const { name, origin, mount, key } = root;
  const operatorHosts = [hostOf(origin)];
  let life: TokenLife | undefined;

  const readToken = async () => ('value' in given ? given.value : (await readFile(given.file, 'utf8')).trim());

  /** The body of a 200; undefined for a 400, which says that the text is not the key's. Else the service is down. */
  async function call(path: string, shown: string, body?: Record<string, string>): Promise<unknown> {
    const answer = await fetch(`${origin}/v1/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'x-vault-token': shown, 'x-vault-request': 'true', 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
      operatorHosts,
    });
    if (answer.status === 400) return undefined;
    if (answer.status !== 200) throw new Error(`it answered ${answer.status}`);
    return answer.json();
  }

  async function ask<T>(work: () => Promise<T | undefined>): Promise<T> {
    let result: T | undefined;
    try {
      result = await work();
    } catch (cause) {
      throw new KeyServiceDown(name, cause);
    }
    if (result === undefined) throw new AppError('vault_tampered');
    return result;
  }

  /** Renews the token when half of its life is over. One that another program renews in its file is read anew. */
  async function tend(): Promise<void> {
    const value = await readToken();
    if (life?.value !== value) {
      const { data } = token.parse(await call('auth/token/lookup-self', value));
      life = { value, seconds: data.ttl, since: performance.now(), renewable: data.renewable };
    }
    const passed = (performance.now() - life.since) / 1000;
    if (!life.renewable || life.seconds === 0 || passed < life.seconds / 2) return;
    const { auth } = renewed.parse(await call('auth/token/renew-self', value, {}));
    life = { value, seconds: auth.lease_duration, since: performance.now(), renewable: auth.renewable };
  }

  return {
    name,
    remote: true,
    tend: () =>
      tend().catch((cause: unknown) => {
        throw new KeyServiceDown(name, cause);
      }),
    wrap: (kid, dataKey) =>
      ask(async () => {
        const body = { plaintext: base64(dataKey), associated_data: base64(kid) };
        const { data } = encrypted.parse(await call(`${mount}/encrypt/${key}`, await readToken(), body));
        return data.ciphertext;
      }),
    unwrap: (kid, wrapped) =>
      ask(async () => {
        const body = { ciphertext: wrapped, associated_data: base64(kid) };
        const answer = await call(`${mount}/decrypt/${key}`, await readToken(), body);
        if (answer === undefined) return undefined;
        const bytes = Uint8Array.from(Buffer.from(decrypted.parse(answer).data.plaintext, 'base64'));
        if (bytes.length !== 32) throw new Error('no key of 32 bytes came');
        return bytes;
      }),
  };
}
