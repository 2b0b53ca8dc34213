import { createHash, randomBytes } from 'node:crypto';
import { compactDecrypt } from 'jose';
import { expect, test } from 'vitest';
import { accessTokenPlace, refreshTokenPlace, revokedTokenPlaces } from '#lib/connections/tokens-at-rest';
import { createVault } from '#lib/vault/vault';

/** The rules of decision 28, written anew: nothing of the product makes the expectation. */
const boundAs = (input: (string | number)[]) =>
  createHash('sha256').update(JSON.stringify(input), 'utf8').digest('base64url');

const row = {
  id: 'con_1',
  provider: 'acme',
  issuer: 'https://ac.example/é',
  accountParams: { shop: 'müller', area: 'eu' },
  generation: 4,
};
const input = ['acme', 'https://ac.example/é', 4, 'area', 'eu', 'shop', 'müller'];
const replaced = revokedTokenPlaces({ connectionId: 'con_1', replacedGeneration: 3 }, row);

test.each([
  ['an access token', accessTokenPlace(row), 'con_1', 'connections.access_token', input],
  ['a refresh token', refreshTokenPlace(row), 'con_1', 'connections.refresh_token', input],
  ['the token of a replaced grant', replaced.refreshToken, 'con_1/3', 'revocations.refresh_token', input.with(2, 3)],
])('A-03 plain jose opens %s with the key and what is documented', async (_, place, id, column, parts) => {
  const key = randomBytes(32);
  const vault = createVault([{ kid: 'k1', key }]);
  const sealed = await vault.seal('a token · ü', place);
  const { plaintext, protectedHeader } = await compactDecrypt(sealed, key);
  expect(new TextDecoder().decode(plaintext)).toBe('a token · ü');
  expect(protectedHeader).toEqual({ alg: 'dir', enc: 'A256GCM', kid: 'k1', row: id, column, bound: boundAs(parts) });
});
