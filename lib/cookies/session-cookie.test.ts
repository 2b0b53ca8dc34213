import { describe, expect, test } from 'vitest';
import { parseConfig } from '#lib/config/config';
import type { CookieAttributes } from '#lib/cookies/cookies';
import { findFlow, writeFlow } from '#lib/cookies/flow-cookies';
import { clearSessionId, readSessionId, writeSessionId } from '#lib/cookies/session-cookie';

const [oldPassword, newPassword] = ['o'.repeat(32), 'n'.repeat(40)];
const hub = (sessionPassword: string, appUrl = 'http://localhost:3000') =>
  parseConfig({
    APP_URL: appUrl,
    SIGN_IN_ALLOW: 'google:*',
    SESSION_PASSWORD: sessionPassword,
    VAULT_KEYS: `k:${Buffer.alloc(32).toString('base64')}`,
  });

const config = hub(oldPassword);
const sid = 'canary-session-id';

/** A browser's cookies. */
function createJar() {
  const held = new Map<string, { value: string; attributes: CookieAttributes }>();
  return {
    held,
    get: (name: string) => held.get(name),
    getAll: () => [...held].map(([name, { value }]) => ({ name, value })),
    set: (name: string, value: string, attributes: CookieAttributes) => void held.set(name, { value, attributes }),
  };
}

async function sealed(by = config): Promise<string> {
  const jar = createJar();
  await writeSessionId(by, jar, sid, 60);
  return [...jar.held.values()][0]?.value ?? '';
}

const read = (value: string, by = config) => readSessionId(by, { get: () => ({ value }) });

describe('the session cookie', () => {
  test('holds its id sealed, for this host alone on https', async () => {
    const jar = createJar();
    await writeSessionId(config, jar, sid, 3600);
    await writeSessionId(hub(oldPassword, 'https://connect.example.com'), jar, sid, 3600);
    const common = { httpOnly: true, sameSite: 'lax', path: '/', maxAge: 3600 };
    expect(Object.fromEntries([...jar.held].map(([name, { attributes }]) => [name, attributes]))).toEqual({
      gk_session: { ...common, secure: false },
      '__Host-gk_session': { ...common, secure: true },
    });
    for (const { value } of jar.held.values()) expect(value).not.toContain(sid);
  });

  test('is read where it was sealed, and on https under its own name only', async () => {
    const value = await sealed();
    expect(await read(value)).toBe(sid);
    const secure = hub(oldPassword, 'https://connect.example.com');
    const under = (name: string) => ({ get: (asked: string) => (asked === name ? { value } : undefined) });
    expect(await readSessionId(secure, under('__Host-gk_session'))).toBe(sid);
    expect(await readSessionId(secure, under('gk_session'))).toBeUndefined();
  });

  test('altered anywhere it is nobody’s', async () => {
    const value = await sealed();
    // What follows the last ~ is a version that lies outside the seal and is not read.
    const body = value.slice(0, value.lastIndexOf('~'));
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // The first of a digit's six bits, since the last bits of a whole text may stand for nothing.
    const other = (character: string) => digits[digits.indexOf(character) ^ 32] ?? 'A';
    const altered = Array.from(body, (character, at) => body.slice(0, at) + other(character) + body.slice(at + 1));
    const readings = await Promise.all(altered.map((text) => read(text)));
    expect(new Set(readings)).toEqual(new Set([undefined]));
  });

  test.each(['', 'x', 'Fe26.2*1*a*b*c*d*e*f~2', '{"sid":"canary-session-id"}', 'x'.repeat(10_000)])(
    '%j is nobody’s',
    async (value) => {
      expect(await read(value)).toBeUndefined();
    },
  );

  test('sealed with an older password it is still read after a rotation, and new ones are sealed with the new', async () => {
    const rotated = hub(`2:${newPassword},1:${oldPassword}`);
    expect(await read(await sealed(), rotated)).toBe(sid);
    const fresh = await sealed(rotated);
    expect(await read(fresh, rotated)).toBe(sid);
    expect(await read(fresh, config)).toBeUndefined();
    expect(await read(fresh, hub(`2:${newPassword}`))).toBe(sid);
    // The rotation over, what only the old one sealed is forgotten.
    expect(await read(await sealed(), hub(`2:${newPassword}`))).toBeUndefined();
  });

  test('a seal that holds something else is nobody’s', async () => {
    const jar = createJar();
    await writeFlow(config, jar, flow, seconds);
    expect(await read(jar.getAll()[0]?.value ?? '')).toBeUndefined();
  });

  test('is taken away with the attributes it was given with', () => {
    const jar = createJar();
    clearSessionId(hub(oldPassword, 'https://connect.example.com'), jar);
    expect(jar.held.get('__Host-gk_session')).toEqual({
      value: '',
      attributes: { httpOnly: true, secure: true, sameSite: 'lax', path: '/', maxAge: 0 },
    });
  });
});

const seconds = 600;
const flow = {
  state: 'canary-state',
  nonce: 'canary-nonce',
  verifier: 'canary-verifier',
  returnTo: '/connections',
  startedAt: 1_760_000_000_000,
};

describe('the cookie of a flow', () => {
  test('is found by its state alone and shows nothing of what it holds', async () => {
    const jar = createJar();
    await writeFlow(hub(oldPassword, 'https://connect.example.com'), jar, flow, seconds);
    await writeFlow(config, jar, { ...flow, state: 'another' }, seconds);
    expect(await findFlow(config, jar, 'canary-state', seconds)).toBeUndefined();
    expect(await findFlow(config, jar, 'another', seconds)).toMatchObject({ flow: { state: 'another' } });
    expect(JSON.stringify(jar.getAll())).not.toContain('canary');
    const [secure] = jar.getAll();
    expect(secure?.name).toMatch(/^__Host-gk_tx_/);
    expect(jar.held.get(secure?.name ?? '')?.attributes).toMatchObject({
      secure: true,
      httpOnly: true,
      maxAge: seconds,
    });
  });

  test('altered, it is no flow, and says so', async () => {
    const jar = createJar();
    await writeFlow(config, jar, flow, seconds);
    const [cookie] = jar.getAll();
    const value = `${cookie?.value.slice(0, 100)}${cookie?.value[100] === 'A' ? 'B' : 'A'}${cookie?.value.slice(101)}`;
    const found = await findFlow(
      config,
      { getAll: () => [{ name: cookie?.name ?? '', value }] },
      'canary-state',
      seconds,
    );
    expect(found?.flow).toBe('unreadable');
  });
});
