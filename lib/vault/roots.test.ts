import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConfigError, parseConfig } from '#lib/config/config';
import { createGuardedFetch } from '#lib/outbound/guarded-fetch';
import { createRoots } from '#lib/vault/create-roots';
import { startAws, startTransit } from '#tests/servers/key-services';
import { local } from '#tests/variables';

const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const key = new Uint8Array(32).fill(5);
const tampered = expect.objectContaining({ code: 'vault_tampered' });
const down = expect.objectContaining({ name: 'KeyServiceDown' });

/** The root keys of a hub with these variables beside the usual ones. */
function rootsOf(variables: Record<string, string>) {
  const [root, ...others] = createRoots(
    parseConfig({ ...local, ...variables }),
    createGuardedFetch({ timeoutMs: 5000 }),
  );
  if (!root) throw new Error('no root');
  return Object.assign(root, { others });
}

function fileWith(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-root-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'token');
  writeFileSync(path, content);
  return path;
}

describe('AWS KMS', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 'secret-one' };

  test('wraps under the key id’s encryption context, signed by SigV4, and unwraps nothing else', async () => {
    const aws = await startAws({ AKIA1: 'secret-one' });
    const root = rootsOf({ VAULT_ROOT: `aws-kms:${arn}`, AWS_ENDPOINT_URL_KMS: aws.kms.url, ...keys });
    expect(root.name).toBe(`aws-kms:${arn}`);
    expect(root.others.map(({ name }) => name)).toEqual(['k1']);
    const wrapped = await root.wrap('dk.one', key);
    expect(await root.unwrap('dk.one', wrapped)).toEqual(key);
    await expect(root.unwrap('dk.two', wrapped)).rejects.toEqual(tampered);
    const altered = `${wrapped.startsWith('A') ? 'B' : 'A'}${wrapped.slice(1)}`;
    await expect(root.unwrap('dk.one', altered)).rejects.toEqual(tampered);
    const context = { 'grantkeep:purpose': 'data-key', 'grantkeep:key': 'dk.one' };
    expect(aws.seen[0]).toEqual({ target: 'TrentService.Encrypt', keyId: arn, context, id: 'AKIA1' });
  });

  test.each([
    ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'secret-two' }, false],
    ['a service that answers 503', {}, true],
  ])('%s is a key service that is down', async (_, variables, isDown) => {
    const aws = await startAws({ AKIA1: 'secret-one' });
    aws.kms.down = isDown;
    const root = rootsOf({ VAULT_ROOT: `aws-kms:${arn}`, AWS_ENDPOINT_URL_KMS: aws.kms.url, ...keys, ...variables });
    await expect(root.wrap('dk.one', key)).rejects.toEqual(down);
  });

  test('a role by a token file signs, and is assumed again before its credentials end', async () => {
    const aws = await startAws({});
    // The SDK renews what ends within five minutes.
    aws.life.seconds = 60;
    const root = rootsOf({
      VAULT_ROOT: 'aws-kms:alias/hub',
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_KMS: aws.kms.url,
      AWS_ENDPOINT_URL_STS: aws.sts.url,
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/hub',
      AWS_WEB_IDENTITY_TOKEN_FILE: fileWith('web-token'),
    });
    expect(await root.unwrap('dk.one', await root.wrap('dk.one', key))).toEqual(key);
    await expect.poll(() => aws.assumed.length).toBeGreaterThan(1);
    expect(new Set(aws.assumed)).toEqual(new Set(['arn:aws:iam::111122223333:role/hub web-token']));
    expect(aws.seen[0]).toMatchObject({ keyId: 'alias/hub', id: expect.stringMatching(/^ASIA/) });
  });

  test('the metadata address of a machine is refused as an endpoint', async () => {
    const root = rootsOf({ VAULT_ROOT: `aws-kms:${arn}`, AWS_ENDPOINT_URL_KMS: 'https://169.254.169.254', ...keys });
    await expect(root.wrap('dk.one', key)).rejects.toEqual(down);
  });
});

describe('a Transit engine', () => {
  const rootAt = (url: string, variables: Record<string, string>) =>
    rootsOf({ VAULT_ROOT: `transit:${url}/transit/keys/hub`, ...variables });

  test('wraps with the key id as associated data, and unwraps nothing else', async () => {
    const transit = await startTransit({ token: 's.one', seconds: 3600 });
    const root = rootAt(transit.server.url, { VAULT_ROOT_TOKEN: 's.one' });
    const wrapped = await root.wrap('dk.one', key);
    expect(wrapped).toMatch(/^vault:v1:/);
    expect(await root.unwrap('dk.one', wrapped)).toEqual(key);
    await expect(root.unwrap('dk.two', wrapped)).rejects.toEqual(tampered);
    transit.server.down = true;
    await expect(root.unwrap('dk.one', wrapped)).rejects.toEqual(down);
  });

  test('a token that the engine does not take is a key service that is down', async () => {
    const transit = await startTransit({ token: 's.one', seconds: 3600 });
    await expect(rootAt(transit.server.url, { VAULT_ROOT_TOKEN: 's.two' }).wrap('dk.one', key)).rejects.toEqual(down);
  });

  test('renews its token at half of its life, and takes another one from the file', async () => {
    const transit = await startTransit({ token: 's.one', seconds: 100 });
    const file = fileWith('s.one\n');
    const root = rootAt(transit.server.url, { VAULT_ROOT_TOKEN_FILE: file });
    const renewals = () => transit.calls.filter((call) => call.endsWith('renew-self')).length;
    await root.tend?.();
    expect(renewals()).toBe(0);
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 51_000);
    await root.tend?.();
    await root.tend?.();
    expect(renewals()).toBe(1);
    transit.tokens.delete('s.one');
    transit.tokens.set('s.next', { endsAt: Date.now() + 60_000, seconds: 60 });
    await expect(root.wrap('dk.one', key)).rejects.toEqual(down);
    writeFileSync(file, 's.next');
    await root.tend?.();
    expect(await root.unwrap('dk.one', await root.wrap('dk.one', key))).toEqual(key);
  });
});

describe('VAULT_ROOT', () => {
  const aws = { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 'x' };
  test.each([
    [{ VAULT_ROOT: 'gcp-kms:x' }, 'VAULT_ROOT: each entry must begin with aws-kms: or transit:'],
    [{ VAULT_ROOT: 'aws-kms:1234', ...aws }, 'must be aws-kms: and the ARN of a key'],
    [{ VAULT_ROOT: 'aws-kms:alias/hub', ...aws }, 'AWS_REGION: is required'],
    [{ VAULT_ROOT: `aws-kms:${arn}` }, 'AWS_ACCESS_KEY_ID: is required'],
    [{ VAULT_ROOT: `aws-kms:${arn},aws-kms:${arn}`, ...aws }, 'is given twice'],
    [{ VAULT_ROOT: `aws-kms:${arn}`, AWS_ENDPOINT_URL_KMS: 'http://kms.example', ...aws }, 'must be an https: address'],
    [
      { VAULT_ROOT: 'transit:http://vault.example/transit/keys/hub', VAULT_ROOT_TOKEN: 'x' },
      'must be an https: address',
    ],
    [{ VAULT_ROOT: 'transit:https://vault.example/hub', VAULT_ROOT_TOKEN: 'x' }, 'MOUNT/keys/NAME'],
    [{ VAULT_ROOT: 'transit:https://u:p@vault.example/transit/keys/hub', VAULT_ROOT_TOKEN: 'x' }, 'neither a user'],
    [{ VAULT_ROOT: 'transit:https://vault.example/transit/keys/hub' }, 'VAULT_ROOT_TOKEN_FILE: is required'],
    [{ VAULT_ROOT: `aws-kms:${arn}`, VAULT_KEYS: '', ...aws }, 'LEDGER_KEYS: is required where VAULT_KEYS is not set'],
  ])('%j is refused at the start', (variables, because) => {
    const faults = () => parseConfig({ ...local, ...variables });
    expect(faults).toThrow(ConfigError);
    expect(faults).toThrow(because);
  });
});
