import { webcrypto } from 'node:crypto';

/** A connection that was begun in this browser. */
export interface Begun {
  /** The id of the connect session. */
  session: string;
  verifier: string;
  /** What stands for the application's user who began it. */
  user: string;
  /** Seconds since 1970. */
  expires: number;
}

/** For so long the hub can bring a person back: ten minutes until they go on to the provider, and as long there. */
export const begunSeconds = 1200;

/** Tabs in which one browser may connect at one time. The cookie stays far below the 4 kB of browsers. */
const mostBegun = 5;

const { subtle } = webcrypto;
const ivBytes = 12;
const now = () => Math.floor(Date.now() / 1000);

/** Text of random bytes, as many as a verifier needs (RFC 7636 §4.1). */
export const randomText = (): string =>
  Buffer.from(webcrypto.getRandomValues(new Uint8Array(32))).toString('base64url');

async function keyOf(secret: string): Promise<webcrypto.CryptoKey> {
  const text = new TextEncoder();
  const raw = await subtle.importKey('raw', text.encode(secret), 'HKDF', false, ['deriveKey']);
  const use = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: text.encode('grantkeep connect 1') };
  return subtle.deriveKey(use, raw, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** Keeps what a browser began in a cookie that the browser can neither read nor change. */
export class ConnectCookie {
  readonly #keys: Promise<webcrypto.CryptoKey[]>;
  readonly #name: string;
  readonly #attributes: string;

  /**
   * @param secrets the first seals, all open
   * @param secure false for an application on plain http, which is on loopback
   * @throws TypeError for a secret that can be guessed
   */
  constructor(secrets: readonly string[], secure: boolean) {
    if (secrets.length === 0 || secrets.some((secret) => typeof secret !== 'string' || secret.length < 32))
      throw new TypeError('secret must be random text of 32 characters or more.');
    this.#keys = Promise.all(secrets.map(keyOf));
    // With the prefix a browser takes it from this very host over TLS only, so that no neighbour can plant one (RFC 6265bis).
    this.#name = secure ? '__Host-grantkeep-connect' : 'grantkeep-connect';
    this.#attributes = `Path=/; Max-Age=${begunSeconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  }

  /** What this browser began lately, by the `Cookie` header of its request. */
  async read(header: string | null): Promise<Begun[]> {
    const name = `${this.#name}=`;
    const values = (header ?? '').split(/; */).filter((pair) => pair.startsWith(name));
    // Of two with one name neither can be told to be the own one.
    const begun = values.length === 1 ? await this.#open(values[0]?.slice(name.length) ?? '') : [];
    return begun.filter(({ expires }) => expires > now());
  }

  /** The `Set-Cookie` header that adds one. */
  async add(before: readonly Begun[], begun: Omit<Begun, 'expires'>): Promise<string> {
    const all = [...before, { ...begun, expires: now() + begunSeconds }].slice(-mostBegun);
    const iv = webcrypto.getRandomValues(new Uint8Array(ivBytes));
    const [key] = await this.#keys;
    if (!key) throw new TypeError('There is no secret.');
    const sealed = await subtle.encrypt(this.#cipher(iv), key, new TextEncoder().encode(JSON.stringify(all)));
    return `${this.#name}=${Buffer.concat([iv, Buffer.from(sealed)]).toString('base64url')}; ${this.#attributes}`;
  }

  async #open(value: string): Promise<Begun[]> {
    const bytes = Buffer.from(value, 'base64url');
    for (const key of await this.#keys) {
      try {
        const text = await subtle.decrypt(this.#cipher(bytes.subarray(0, ivBytes)), key, bytes.subarray(ivBytes));
        return JSON.parse(new TextDecoder().decode(text)) as Begun[];
      } catch {
        // Sealed with another key, or by somebody else: nothing was begun here.
      }
    }
    return [];
  }

  #cipher(iv: Uint8Array) {
    return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(this.#name) };
  }
}
