import { describe, expect, test } from 'vitest';
import { answering, exchanged, type Fields, redirected, refreshed, revoked } from '#tests/servers/quirky-flow';
import { quirkyRecord } from '#tests/servers/quirky-provider';
import { quirkyServer, type Reply } from '#tests/servers/quirky-server';

// Refusals in public reports about OAuth clients, with values of our own. The page stands behind each row.

const at = { access_token: 'at' };

describe('P-15 a person who declines, in public reports', () => {
  const declines: Record<string, string>[] = [
    // simi/omniauth-facebook#124
    { error: 'access_denied', error_code: '200', error_reason: 'user_denied', error_description: 'Permissions error' },
    { error: 'user_cancelled_login', error_description: 'The user cancelled' }, // aspnet-contrib#480
    { error: 'server_error', error_reason: 'user_denied' },
    { error: 'access_denied', error_subcode: 'cancel' }, // Microsoft
    { error: 'AccessDenied' },
    { error: 'access-denied' },
    { error: 'Access Denied' },
    { error: 'authorization_declined' },
    { error: 'user_rejected' },
    { error: 'consent_denied' },
    { error: 'request_cancelled_by_user', error_reason: 'user_cancelled' },
    { error_reason: 'user_denied' },
    { errorCode: '417', errorMessage: 'DISALLOWED' }, // LINE's first interface
    { error: 'permission_denied' },
    { error: 'user_refused' }, // joscha/play-authenticate#103
  ];
  test.each(declines)('%j', async (parameters) => {
    await expect(redirected(await quirkyServer(), parameters)).rejects.toMatchObject({ code: 'access_denied' });
  });
  test.each<Record<string, string>>([
    { error: 'client_denied' },
    { error: 'unauthorized_client', error_reason: 'app_not_reviewed' },
    { error: 'request_rejected' },
    { error: 'invalid_request', error_description: 'The user denied access' },
    { error: 'undenied' },
    { error_code: '191' },
  ])('%j is something else', async (parameters) => {
    await expect(redirected(await quirkyServer(), parameters)).rejects.toMatchObject({ code: 'provider_refused' });
  });
  test('what says nothing at all is no answer', async () => {
    // go-gitea/gitea#31029
    await expect(redirected(await quirkyServer(), {})).rejects.toMatchObject({ code: 'missing_code' });
  });
  test('an error code beside a good code is the server’s own matter', async () => {
    const server = await answering({ json: at });
    expect((await redirected(server, { code: 'c', error_code: '0' })).access_token).toBe('at');
  });
});

describe('P-16, P-17 refusals of a refresh in public reports', () => {
  const strict: [number, unknown, Fields][] = [
    [401, { error: 'invalid_grant' }, {}],
    [403, { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' }, {}], // Nanocloud#59
    // requests/requests-oauthlib#261: Fitbit
    [400, { success: false, errors: [{ errorType: 'invalid_grant', message: 'Refresh token invalid' }] }, {}],
    [400, { error: ['invalid_grant'] }, {}],
    [400, { error: { type: 'invalid_grant', code: 400 } }, {}],
    [400, { error: { error: 'invalid_grant' } }, {}],
    [400, { error: 'INVALID_GRANT' }, {}],
    [400, { error: 'invalid grant' }, {}],
    [400, { Error: 'invalid_grant' }, {}],
    [400, { name: 'OAuthError', status: 400, message: 'invalid_grant' }, {}], // ging/fiware-idm#43
    [400, { code: 'invalid_grant', message: 'Refresh token expired' }, {}],
    [400, [{ errorCode: 'invalid_grant', message: 'expired' }], {}],
    [400, { error: 'invalid_request', error_code: 'invalid_grant' }, {}],
    [200, { error: 'bad_refresh_token' }, { error_in_200: true, dead_codes: ['bad_refresh_token'] }], // simple-oauth2#459
    [200, { code: 20_037, msg: 'refresh token expired' }, { error_in_200: true, dead_codes: ['20037'] }],
    [200, { errcode: 40_030, errmsg: 'invalid refresh_token' }, { error_in_200: true, dead_codes: ['40030'] }],
    [200, { status: 'error', error_code: 'expired' }, { error_in_200: true, dead_codes: ['expired'] }],
    [401, { errors: [{ code: 'BABOON' }] }, { dead_codes: ['BABOON'] }], // planningcenter/developers#602
    [400, { error: 'invalid_request' }, { dead_codes: ['invalid_request'] }], // FlowFuse/flowfuse#8547
    [400, { error: 'invalid_token' }, { dead_codes: ['invalid_token'] }], // scribejava/scribejava#904
    [400, { error: { code: 190, type: 'OAuthException' } }, { dead_codes: ['190'] }],
    [400, { message: 'Invalid token' }, { dead_answers: [{ path: 'message', value: 'Invalid token' }] }],
  ];
  test.each(strict)('%i %j with %j ends the grant', async (status, json, fields) => {
    await expect(refreshed({ status, json }, fields)).rejects.toMatchObject({ disposition: 'dead_grant' });
  });

  test('so does one in a form', async () => {
    const form = { error: 'invalid_grant', error_description: 'The refresh token was used' };
    await expect(refreshed({ status: 400, form })).rejects.toMatchObject({ disposition: 'dead_grant' });
  });

  test.each<[number, Reply]>([
    [400, { status: 400, text: '' }], // givtnl/givt-app#1912
    [401, { status: 401, text: '' }],
    [400, { status: 400, json: { message: 'Bad Request' } }],
    [400, { status: 400, json: {} }],
    [404, { status: 404, json: { error: 'invalid_request' } }], // xee-lab/xee-api-docs#82
    [403, { status: 403, json: { _embedded: { errors: [{ message: 'Invalid client id or token' }] } } }], // airbyte#65592
    [200, { status: 200, json: { ok: false, error: 'invalid_grant' } }], // casdoor/casdoor#3805, of a plain record
  ])('%i without a known code is told by what others get', async (_, reply) => {
    await expect(refreshed(reply)).rejects.toMatchObject({ code: 'refresh_refused', disposition: 'unclear' });
  });

  test.each<Reply>([
    { status: 401, json: { error: 'invalid_client', code: 'invalid_grant' } },
    { status: 400, json: { error: 'Invalid_Client' } },
    { status: 400, json: { errors: [{ errorType: 'invalid_client' }] } },
    { json: { error: 'incorrect_client_credentials' } },
  ])('credentials stay credentials: %j', async (reply) => {
    const fields = { error_in_200: true };
    await expect(refreshed(reply, fields)).rejects.toMatchObject({ code: 'invalid_client' });
  });

  test.each<[number, unknown]>([
    [500, { error: 'invalid_grant' }],
    [503, { message: 'Server error: missing client' }], // ging/fiware-idm#43
    [429, { error: 'invalid_grant' }],
    [400, { error: 'too_many_requests' }],
    [400, { error: 'rate_limit_exceeded' }],
    [403, { error: { code: 'RATE_LIMITED' } }],
  ])('%i %j is trouble of the provider', async (status, json) => {
    await expect(refreshed({ status, json })).rejects.toMatchObject({ disposition: 'transient' });
  });

  test.each<[unknown, string]>([
    [{ error: 'incorrect_client_credentials', error_description: 'x' }, 'incorrect_client_credentials'], // deno-oauth2#25
    [{ code: 20_003, msg: 'code expired' }, '20003'],
    [{ status: 'error', error_code: 'bad_code' }, 'bad_code'],
  ])('what a 200 without tokens says is not lost: %j', async (json, providerError) => {
    await expect(exchanged({ json })).rejects.toMatchObject({ providerError });
  });
});

describe('P-18 revocations in public reports', () => {
  const in200 = { error_in_200: true };
  test.each<[unknown, Fields]>([
    [{ ok: false }, in200],
    [{ revoked: 'false' }, in200], // apifest/apifest-oauth20#64
    [{ revoked: false }, in200],
    [{ status: 'error', message: 'error getting oauth client' }, in200], // TykTechnologies/tyk#3024
    [{ success: false, errors: [{ errorType: 'oauth' }] }, in200],
    [{ error: { code: 7 } }, in200],
    [{ errcode: 40_001 }, in200],
    [{ error: true, message: 'no' }, in200],
  ])('200 %j is no revocation', async (json, fields) => {
    await expect(revoked({ json }, fields)).rejects.toMatchObject({ code: 'request_rejected' });
  });
  test.each<Reply>([
    { json: { ok: true } },
    { json: { status: 'ok', message: 'revoked' } },
    { json: { error: null, success: true } },
    { json: { error: 0 } },
    { text: 'OK' }, // KickEngineering/KickDevDocs#94
    { text: '' },
    { status: 204, text: '' },
  ])('%j is one', async (reply) => {
    expect(await revoked(reply, in200)).toBe('revoked');
  });

  const gone = (gone_answers: Fields[]) => ({ revoke: { gone_answers } });
  test.each<[number, unknown, Fields]>([
    // twitchdev/issues#87
    [400, { status: 400, message: 'Invalid token' }, gone([{ path: 'message', value: 'Invalid token' }])],
    [404, { message: 'Not found' }, gone([{ status: 404 }])],
    [400, {}, gone([{ status: 400 }])], // simstudioai/sim#6099: QuickBooks
    [400, { error: { code: 'invalid_token' } }, {}],
    [400, { errors: [{ errorType: 'invalid_token' }] }, {}],
    [400, { error: 'Invalid_Token' }, {}],
  ])('%i %j with %j: dead already', async (status, json, fields) => {
    expect(await revoked({ status, json }, fields)).toBe('revoked');
  });
  test.each<[number, unknown]>([
    [400, { status: 400, message: 'Invalid token' }],
    [404, { message: 'Not found' }],
    [400, { error: 'invalid_request' }], // authlib/authlib#119
  ])('%i %j without a word of the record is none', async (status, json) => {
    await expect(revoked({ status, json })).rejects.toMatchObject({ code: 'request_rejected' });
  });
  test.each([{ status: 401 }, { status: 429 }, { status: 200 }, { path: 'x' }])('%j is no rule', async (rule) => {
    const server = await quirkyServer();
    expect(() => quirkyRecord(server, gone([rule]))).toThrow();
  });
});
