import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { missingScopes, noScopeRules } from '#lib/oauth/scopes';
import type { ReceivedTokens } from '#lib/oauth/types';
import { idTokenSigner } from '#tests/servers/id-tokens';
import { answering, exchanged, type Fields, identified, refreshed } from '#tests/servers/quirky-flow';
import { depsFor, pinnedOf, quirkyRecord, runExchange } from '#tests/servers/quirky-provider';
import { quirkyServer, type Reply } from '#tests/servers/quirky-server';

// Shapes of answers in public reports about OAuth clients, with values of our own. The page stands behind each row.

const at = { access_token: 'at' };

describe('P-04, P-05, P-06 granted scopes in public reports', () => {
  test.each<[unknown, string[] | null]>([
    [null, null], // oauthlib/oauthlib#391: a server in PHP
    ['', []], // oyvindwe/connectlife#25, polyvariant/sttp-oauth2#488
    [[], []], // cmd-johnson/deno-oauth2-client#36: Twitch, where nothing was asked for
    [
      ['read', 'write'],
      ['read', 'write'],
    ], // ramosbugs/oauth2-rs#86: Twitch
    [['read write'], ['read', 'write']], // manfredsteyer/angular-oauth2-oidc#687: a list of one text
    [
      ['read', ' write '],
      ['read', 'write'],
    ], // jaredhanson/oauth2orize#153
    ['  read   write\n', ['read', 'write']], // openshift/osin#159
    ['read%20write', ['read', 'write']], // manfredsteyer/angular-oauth2-oidc#1065: encoded inside of JSON
    [{ read: true, write: false }, ['read']], // wso2/api-manager#3386: objects in token answers
    [
      [{ name: 'read' }, { scope: 'write' }],
      ['read', 'write'],
    ], // GluuFederation/oxd#231
    [{ read: 'all' }, []], // an object that names none is no consent to all
    [true, []],
    [7, []],
  ])('scope: %j', async (scope, granted) => {
    expect((await exchanged({ json: { ...at, scope } })).scopes).toEqual(granted);
  });

  test.each<[string, Fields, string[]]>([
    ['an empty one beside a list', { scope: '', scopes: ['read'] }, ['read']],
    ['an absent one beside text', { scope: null, scopes: 'read write' }, ['read', 'write']],
  ])('%s', async (_, answer, granted) => {
    expect((await exchanged({ json: { ...at, ...answer } })).scopes).toEqual(granted);
  });

  test.each<[Fields, string, string[]]>([
    [{ scope_sep_in: ',' }, 'read,write', ['read', 'write']], // wso2/product-is#5845
    [{ scope_sep_in: ',' }, 'read, write,', ['read', 'write']],
    [{ scope_sep_in: '+' }, 'read+write', ['read', 'write']], // manfredsteyer/angular-oauth2-oidc#1065
    [{ scope_sep_in: ',' }, 'read', ['read']],
  ])('with %j: %j', async (fields, scope, granted) => {
    expect((await exchanged({ json: { ...at, scope } }, fields)).scopes).toEqual(granted);
  });

  const long = 'https://as.example/auth/userinfo.email';
  test.each<[string, Fields, string[], string[], string[]]>([
    // requests/requests-oauthlib#387: one that was not asked for is there besides
    ['more than was asked for', {}, ['email'], ['openid', 'email'], []],
    // requests/requests-oauthlib#173, googleapis/google-api-python-client#1088
    ['a long name', { scope_aliases: { email: [long] } }, ['email'], ['openid', long], []],
    ['the short name of a long one', { scope_aliases: { [long]: ['email'] } }, [long], ['email'], []],
    // google-auth-library-python-oauthlib#403: one that is not there, beside others that are
    ['less', { scope_aliases: { email: [long] } }, ['email', 'business'], [long], ['business']],
    ['in another order, one of them twice', {}, ['a', 'b'], ['b', 'a', 'b'], []],
  ])('%s', (_, rules, asked, granted, missing) => {
    const proofs = { refreshToken: false, idToken: false };
    expect(missingScopes({ ...noScopeRules, ...rules }, asked, granted, proofs)).toEqual(missing);
  });
});

describe('P-07, P-08 who it is, in public reports', () => {
  test.each<[string, string, string, string]>([
    // fbsamples/threads_api#9: two endpoints seemed to name two accounts
    ['a number longer than JavaScript holds', '{"user_id":17841401234567891}', 'user_id', '17841401234567891'],
    ['as text', '{"id_str":"17841401234567891","id":17841401234567891}', 'id_str', '17841401234567891'],
    ['in a list', '{"data":[{"id":24601234567890123}]}', 'data.0.id', '24601234567890123'],
    // yiisoft/yii2-authclient#231, simov/grant#175: QQ calls a function
    ['as a call', 'callback( {"client_id":"101","openid":"F00D"} );', 'openid', 'F00D'],
    ['behind a guard against scripts', ')]}\',\n{"id":"u-1"}', 'id', 'u-1'],
    ['in a list at the top', '[{"id":"u-1"}]', '0.id', 'u-1'],
    // Claims with a namespace, as Auth0 asks for
    ['under a name with dots', '{"https://hub.example/uid":"u-1"}', 'https://hub.example/uid', 'u-1'],
    ['in a name with dots', '{"a.b":{"c":"u-1"}}', 'a.b.c', 'u-1'],
  ])('%s', async (_, text, subject, expected) => {
    const server = await answering({ text, headers: { 'content-type': 'text/html' } }, 'GET /me');
    const identity = { source: 'endpoint', endpoint: `${server.url}/me`, subject, label: [subject] };
    expect(await identified(server, { identity })).toMatchObject({ subject: expected, label: expected });
  });

  test.each<[string, Fields, string, string]>([
    // discourse/discourse-oauth2-basic#18: DigitalOcean, Instagram, Fitbit and Asana name the person there
    ['info.uuid', { info: { uuid: 'do-1' } }, 'info.uuid', 'do-1'],
    ['user.id', { user: { id: 1234 } }, 'user.id', '1234'],
    ['user_id', { user_id: '26FWFL' }, 'user_id', '26FWFL'],
    ['data.gid', { data: { gid: '12001' } }, 'data.gid', '12001'],
    ['a list', { accounts: [{ id: 'a-1' }] }, 'accounts.0.id', 'a-1'],
  ])('in the token answer: %s', async (_, answer, subject, expected) => {
    const fields = { identity: { source: 'token_answer', subject, label: [subject] } };
    const server = await answering({ json: { ...at, ...answer } });
    const record = quirkyRecord(server, fields);
    expect(await identified(server, fields, await runExchange(record, pinnedOf(server)))).toMatchObject({
      subject: expected,
    });
  });

  // jsonwebtoken/jsonwebtoken.github.io#450: a claim lost its last digits between the token and its reader
  test('a number of an ID token comes as its digits where JavaScript does not hold it', async () => {
    const server = await quirkyServer();
    const signer = await idTokenSigner(server);
    const id_token = await signer.sign({ account: 2 ** 60, small: 7 });
    server.on('POST /token', { json: { ...at, id_token } });
    const tokens = await runExchange(quirkyRecord(server, { scopes: ['openid'] }), pinnedOf(server));
    expect(tokens.id_token_claims).toMatchObject({ account: '1152921504606847000', small: 7 });
  });

  test('the letters of a name in Latin-1 are its own', async () => {
    const text = new Uint8Array(Buffer.from('{"id":"u-1","name":"Jos\u00e9"}', 'latin1'));
    const reply = { text, headers: { 'content-type': 'application/json;charset=ISO-8859-1' } };
    const server = await answering(reply, 'GET /me');
    const identity = { source: 'endpoint', endpoint: `${server.url}/me`, subject: 'id', label: ['name'] };
    expect((await identified(server, { identity })).label).toBe('Jos\u00e9');
  });

  // TikTok says `error.code: ok` beside every person
  test.each([{ code: 'ok', message: '' }, {}, null, '', false, 0, '0', []])('error: %j is none', async (error) => {
    const server = await answering({ json: { id: 'u-1', error } }, 'GET /me');
    const identity = { source: 'endpoint', endpoint: `${server.url}/me`, subject: 'id', label: ['id'] };
    expect((await identified(server, { identity, error_in_200: true })).subject).toBe('u-1');
  });
});

describe('P-09 words for a bearer token, in public reports', () => {
  test.each([undefined, null, '', 'Bearer', 'bearer', ' bearer\n'])('%j', async (token_type) => {
    // panva/openid-client#826 (LinkedIn), spring-security#5118 (Foursquare), authomatic#168
    expect((await exchanged({ json: { ...at, token_type } })).token_type).toBe('bearer');
  });
  test.each(['oauth', 'Token', 'access_token', 'tenant', 'OAuth2'])('%s where the record knows it', async (word) => {
    // joindin/joindin-api#516
    expect((await exchanged({ json: { ...at, token_type: word } }, { bearer_token_types: [word] })).token_type).toBe(
      'bearer',
    );
  });
  test.each(['MAC', ['mac'], { type: 'mac' }, true])('%j never', async (token_type) => {
    // OAuth-Apis/apis#1
    await expect(exchanged({ json: { ...at, token_type } })).rejects.toMatchObject({ code: 'token_answer_invalid' });
  });
});

describe('P-10 bodies in public reports', () => {
  const json = '{"access_token":"at","expires_in":60}';
  const typed = (type: string, text: string | Uint8Array): Reply => ({ text, headers: { 'content-type': type } });
  const utf16 = (mark: string) => new Uint8Array(Buffer.from(mark + json, 'utf16le'));
  test.each<[string, Reply]>([
    ['JSON as XML', typed('application/xml', json)], // ORCID/ORCID-Source#823
    ['JSON as HTML in Latin-1', typed('text/html;charset=ISO-8859-1', json)], // danielsz/oauth2-client#1
    ['a byte order mark', typed('application/json', `\uFEFF${json}`)], // DollhouseMCP/mcp-server#2520
    ['UTF-16 with a mark', typed('application/json; charset=utf-16', utf16('\uFEFF'))],
    ['UTF-16 without a mark', typed('application/json', utf16(''))],
    ['UTF-8 that is called UTF-16', typed('application/json; charset=utf-16', json)],
    ['an encoding that no one knows', typed('application/json; charset=binary-ish', json)],
    ['a form as text', typed('text/plain', 'access_token=at&expires_in=60')], // requests-oauthlib: Facebook
    [
      'a form with a charset',
      typed('application/x-www-form-urlencoded; charset=utf-8', 'access_token=at&expires_in=60'),
    ],
    ['compressed', { text: gzipSync(json), headers: { 'content-encoding': 'gzip' } }],
    ['a call', typed('text/html', `callback( ${json} );`)], // go-macaron/oauth2#3
    ['a guard against scripts', typed('application/json', `&&&START&&&${json}`)],
    ['JSON inside of a JSON text', typed('application/json', JSON.stringify(json))],
    ['one name twice', typed('application/json', '{"access_token":"old","access_token":"at","expires_in":60}')],
    ['status 201', { status: 201, text: json }], // karadaisy/flask-micropub#3
    ['a list', typed('application/json', `[${json}]`)],
  ])('%s', async (name, reply) => {
    const tokens = await exchanged(reply, name === 'a list' ? { token_path: '0.access_token' } : {});
    expect([tokens.access_token, tokens.expires_in]).toEqual(['at', 60]);
  });

  test.each<[string, Reply]>([
    // oauth-io/oauthd#183: Concur's tokens in XML
    ['XML', typed('text/xml', '<Access_Token><Token>at</Token></Access_Token>')],
    ['a page', typed('text/html', '<!doctype html><p>access_token=at')],
    ['nothing', typed('application/json', '')], // QwenLM/qwen-code#3123
    ['an empty object', { json: {} }], // decocms/studio#6068
    ['a broken object', typed('application/json', '{"access_token":"at"')],
  ])('%s is not read, and ends no grant', async (_, reply) => {
    await expect(exchanged(reply)).rejects.toMatchObject({ code: 'token_answer_invalid' });
    await expect(refreshed(reply)).rejects.toMatchObject({ disposition: 'answer_invalid' });
  });
});

describe('P-12 lives in public reports', () => {
  const noon = Date.UTC(2026, 10, 28, 12) / 1000;
  const dated = (json: Fields): Reply => ({ json, headers: { date: 'Sat, 28 Nov 2026 12:00:00 GMT' } });
  test.each<[Fields, number | null]>([
    [{ expires_in: '3599', ext_expires_in: '3599', expires_on: String(noon + 3599) }, 3599], // SecureAuthCorp/oauth2c#37
    [{ expires_on: String(noon + 600) }, 600], // Azure/azure-sdk-for-python#5913
    [{ expires_in: 3599.62 }, 3599], // CMSgov/bluebutton-web-server#512
    [{ expires_in: '3600.0' }, 3600],
    [{ expires_in: '3600s' }, 3600], // durations of protobuf
    [{ expires_in: ' 3600 ' }, 3600],
    [{ expires_in: 'PT1H' }, 3600], // ISO 8601
    [{ expires_in: 'PT55M30S' }, 3330],
    [{ expires_in: 'P1DT12H' }, 129_600],
    [{ expires_in: 'P2W' }, 1_209_600],
    [{ expires_in: 'P1M' }, 2_419_200], // the shortest month
    [{ expires_in: 'pt0.5s' }, 0],
    [{ expires_in: '1h' }, 3600], // auth0/node-jsonwebtoken's expiresIn, handed on
    [{ expires_in: '15 min' }, 900],
    [{ expires_in: '30 days' }, 2_592_000],
    [{ expires_in: '1 Hour' }, 3600],
    [{ expires_in: '01:00:00' }, 3600], // a TimeSpan of .NET
    [{ expires_in: '30.00:00:00' }, 2_592_000],
    [{ expires_in: '1 day, 0:30:00' }, 88_200], // a timedelta of Python
    [{ expires_at: 'PT10M' }, 600],
    ...['P', 'PT', 'T1H', '1 month', '1 hour ago', '-PT1H', '1:00', '12:00', '60 ms', 'PT1H soon', '1e3'].map(
      (words): [Fields, null] => [{ expires_in: words }, null],
    ),
    [{ expires_in: 0 }, 0], // ruby-oauth/oauth2#284, superseriousbusiness/gotosocial#731: the connection decides what it means
    [{ expires_in: '0' }, 0],
    [{ expires_in: -1 }, null],
    [{ expires_in: '-1' }, null],
    [{ expires_in: '' }, null],
    [{ expires_in: true }, null],
    [{ expires_in: [3600] }, null],
    [{ expires_in: { seconds: 3600 } }, null],
    [{ expires_in: noon + 120 }, 120], // endurain-project/endurain#514: the moment under the name of a life
    [{ expires_in: (noon + 120) * 1000 }, 120], // markitosgv/JWTRefreshTokenBundle#126: in milliseconds
    [{ expires_at: 0 }, 0],
    [{ expires_at: 3600 }, 3600], // a life under the name of a moment
    [{ expires_in_sec: 3600, expires_in: 3_600_000 }, 3600], // Zoho
    [{ expires: 5_184_000 }, 5_184_000], // requests-oauthlib: Facebook
    [{ accessToken: 'at', expiresIn: 7200 }, 7200], // w7corp/easywechat, DingTalk
    [{ expires_at: '2026-11-28T12:10:00.1234567Z' }, 600],
    [{ expires_at: '2026-11-28 12:10:00 UTC' }, 600],
    [{ expires_at: '2026-11-28T14:10:00+02' }, 600],
    [{ expires_at: 'Sat, 28 Nov 2026 12:10:00 GMT' }, 600],
    [{ expiry: '2026-11-28T12:10:00Z' }, 600], // golang/oauth2#105
    [{ expires_at: `/Date(${(noon + 600) * 1000})/` }, 600],
    [{ expires_on: '11/28/2026 12:10:00 PM +00:00' }, null], // MicrosoftDocs/azure-docs#33604: is the month or the day first?
    [{ expires_in: 99_999_999_999_999 }, 10 * 366 * 86_400],
  ])('%j', async (answer, seconds) => {
    expect((await exchanged(dated({ ...at, ...answer }))).expires_in).toBe(seconds);
  });

  test.each<[Fields, number | null]>([
    [{ refresh_expires_in: 0 }, null], // Keycloak: an offline token
    [{ refresh_expires_in: '1800' }, 1800], // openid/AppAuth-JS#160
    [{ refresh_token_expires_in: 31_536_059 }, 31_536_059], // jumbojett/OpenID-Connect-PHP#314
    [{ refresh_token_expiration: noon + 900 }, 900], // markitosgv/JWTRefreshTokenBundle#126
    [{ refreshTokenExpiresAt: (noon + 900) * 1000 }, 900],
    [{ x_refresh_token_expires_in: '8726400' }, 8_726_400], // intuit/oauth-jsclient
    [{ refresh_token_expires_at: '2026-11-28T12:15:00Z' }, 900],
  ])('of the refresh token: %j', async (answer, seconds) => {
    const tokens = await exchanged(dated({ ...at, refresh_token: 'rt', ...answer }));
    expect(tokens.refresh_token_expires_in).toBe(seconds);
  });
});

describe('P-13 tokens under names that no record knows', () => {
  test.each<Fields>([
    { 'access-token': 'at-1', 'refresh-token': 'rt-1' },
    { ACCESS_TOKEN: 'at-1', REFRESH_TOKEN: 'rt-1' },
    { data: { 'Access Token': 'at-1', Refresh_Token: 'rt-1' } },
    { result: [{ accessToken: 'at-1' }, { refreshToken: 'rt-1' }] },
  ])('%j are not connected, and have an owner', async (json) => {
    const server = await quirkyServer();
    server.on('POST /token', { json });
    const record = quirkyRecord(server, {});
    const received: ReceivedTokens[] = [];
    const deps = { ...depsFor(record), received: (tokens: ReceivedTokens) => void received.push(tokens) };
    await expect(runExchange(record, pinnedOf(server), deps)).rejects.toMatchObject({ code: 'token_answer_invalid' });
    expect(received).toMatchObject([{ accessToken: 'at-1', refreshToken: 'rt-1' }]);
  });
});

describe('P-13 places of tokens in public reports', () => {
  const inner = { access_token: 'at', refresh_token: 'rt', expires_in: 60 };
  test.each<[string, Fields, Fields]>([
    // Colin-b/httpx_auth#119
    ['tokenData', { tokenData: inner, errors: [], success: true }, { token_path: 'tokenData.access_token' }],
    ['data beside code 0', { code: 0, msg: '', data: inner }, { token_path: 'data.access_token', error_in_200: true }],
    ['authed_user', { ok: true, authed_user: inner }, { token_path: 'authed_user.access_token' }],
    ['a list', { tokens: [inner] }, { token_path: 'tokens.0.access_token' }],
    // jaredhanson/oauth2orize#176
    ['other case', { accessToken: 'at', refreshToken: 'rt', tokenType: 'Bearer', expiresIn: 60 }, {}],
    ['as .NET writes it', { AccessToken: 'at', RefreshToken: 'rt', TokenType: 'Bearer', ExpiresIn: 60 }, {}],
    [
      'the same within an object',
      { AuthenticationResult: { AccessToken: 'at', RefreshToken: 'rt', TokenType: 'Bearer', ExpiresIn: 60 } },
      { token_path: 'AuthenticationResult.AccessToken' },
    ],
    ['one of each case', { access_token: 'at', refreshToken: 'rt', expires_in: 60 }, {}],
    ['token', { token: 'at', refresh_token: 'rt', expires_in: 60 }, { token_path: 'token' }],
  ])('%s', async (_, json, fields) => {
    const read = { access_token: 'at', refresh_token: 'rt', expires_in: 60 };
    expect(await exchanged({ json }, fields)).toMatchObject(read);
    expect(await refreshed({ json }, fields)).toMatchObject(read);
  });

  test.each<[string, unknown, Partial<ReceivedTokens>]>([
    ['deep inside', { result: { session: inner } }, { accessToken: 'at', refreshToken: 'rt' }],
    ['in a list', [{ kind: 'bot' }, inner], { accessToken: 'at', refreshToken: 'rt' }],
    [
      'in other case',
      { payload: { accessToken: 'at', refreshToken: 'rt' } },
      { accessToken: 'at', refreshToken: 'rt' },
    ],
    ['a refresh token alone', { data: { refresh_token: 'rt' } }, { accessToken: null, refreshToken: 'rt' }],
    ['beside an error', { error: 'server_error', data: inner }, { accessToken: 'at', refreshToken: 'rt' }],
  ])('what the record does not look for has an owner: %s', async (_, json, expected) => {
    const server = await answering({ json });
    const record = quirkyRecord(server);
    const received: ReceivedTokens[] = [];
    const deps = { ...depsFor(record), received: (tokens: ReceivedTokens) => void received.push(tokens) };
    await expect(runExchange(record, pinnedOf(server), deps)).rejects.toMatchObject({ name: 'OAuthError' });
    expect(received).toMatchObject([expected]);
  });
});
