import { describe, expect, test } from 'vitest';
import { asked, imported } from '#tests/registry-entries';

const tenant = {
  authorization_url: `https://${asked('tenantName')}.acme.example/authorize`,
  token_url: `https://${asked('tenantName')}.acme.example/token`,
};

describe('a part of addresses', () => {
  test('is asked of the person, by the registry’s pattern and example', () => {
    const config = { tenantName: { title: 'Tenant', pattern: '^[a-z0-9_-]+$', example: 'contoso' } };
    const { record, lost } = imported({ ...tenant, connection_config: config });
    expect(record).toMatchObject({
      token_endpoint: 'https://{tenant_name}.acme.example/token',
      account_params: [{ name: 'tenant_name', label: 'Tenant', example: 'contoso' }],
    });
    expect(lost).toEqual([]);
  });

  test('has its words where the registry lists them', () => {
    const { record } = imported({ ...tenant, connection_config: { tenantName: { enum: ['eu', 'co.uk'] } } });
    expect(record?.account_params).toEqual([
      { name: 'tenant_name', label: 'tenantName', pattern: '^(?:eu|co\\.uk)$', example: 'eu' },
    ]);
  });

  test('that is hidden behind its default is that default', () => {
    const { record } = imported({
      ...tenant,
      connection_config: { tenantName: { hidden: true, default_value: 'main' } },
    });
    expect(record?.token_endpoint).toBe('https://main.acme.example/token');
    expect(record?.account_params).toBeUndefined();
  });

  test('called client_id is the client’s own', () => {
    const { record } = imported({ authorization_url: `https://acme.example/${asked('client_id')}/authorize` });
    expect(record?.authorization_endpoint).toBe('https://acme.example/{client_id}/authorize');
    expect(record?.account_params).toBeUndefined();
  });

  test('may have the registry’s fallback as one of its values', () => {
    const { record, lost } = imported({
      authorization_url: `https://${asked('hostname')}/authorize || https://login.acme.example/authorize`,
      token_url: `https://${asked('hostname')}/token || https://login.acme.example/token`,
    });
    expect(record).toMatchObject({ account_params: [{ name: 'hostname', example: 'login.acme.example' }] });
    expect(lost).toEqual([]);
  });

  test('that only a fallback does without becomes the host, where its words are listed', () => {
    const { record, lost } = imported({
      authorization_url: `https://app.${asked('region')}.acme.example/oauth || https://app.acme.example/oauth`,
      connection_config: { region: { enum: ['eu'] } },
    });
    expect(record?.authorization_endpoint).toBe('https://{authorization_host}/oauth');
    const pattern = '^(?:app\\.acme\\.example|app\\.eu\\.acme\\.example)$';
    expect(record?.account_params).toMatchObject([
      { name: 'authorization_host', pattern, example: 'app.acme.example' },
    ]);
    expect(lost).toEqual([]);
  });

  test('that only a fallback does without is lost, and the fallback kept', () => {
    const { record, lost } = imported({
      authorization_url: `https://app.${asked('region')}.acme.example/oauth || https://app.acme.example/oauth`,
    });
    expect(record?.authorization_endpoint).toBe('https://app.acme.example/oauth');
    expect(lost).toEqual([expect.stringContaining('authorization_url: only https://app.acme.example/oauth is kept')]);
  });

  test('is learnt from the redirect where the server names itself there', () => {
    const { record, lost } = imported({
      authorization_url: `https://accounts.acme.${asked('extension')}/auth || https://accounts.acme.com/auth`,
      token_url: `https://accounts.acme.${asked('extension')}/token || ${asked('accounts-server')}/token`,
      redirect_uri_metadata: ['accounts-server'],
      connection_config: { extension: { enum: ['com', 'eu'] }, 'accounts-server': { automated: true } },
    });
    expect(record?.redirect_parts).toEqual([
      {
        name: 'extension',
        field: 'accounts-server',
        values: { 'https://accounts.acme.com': 'com', 'https://accounts.acme.eu': 'eu' },
        initial: 'com',
      },
    ]);
    expect(record?.account_params).toBeUndefined();
    expect(lost).toEqual([]);
  });

  test('with a port or a path is a whole server, where addresses begin with it', () => {
    const config = { host: { pattern: '^[a-z.]+(:[0-9]+)?(/[a-z0-9]+)*/?$', example: 'acme.example:8443/api/' } };
    const token_url = `https://${asked('host')}/token`;
    const authorization_params = { aud: `https://${asked('host')}` };
    const { record, lost } = imported({ token_url, authorization_params, connection_config: config });
    expect(record?.account_params).toMatchObject([{ name: 'host', example: 'acme.example:8443/api', base: true }]);
    expect(lost).toEqual([]);
  });

  test('that may be any host is warned of: the client’s secret goes there', () => {
    const open = { token_url: `https://${asked('hostname')}/token` };
    expect(imported(open).lines.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('narrow its pattern'),
    );
    const config = { hostname: { pattern: '^[a-z]+\\.acme\\.example$', example: 'eu.acme.example' } };
    const closed = imported({ ...open, connection_config: config }).lines.map(({ message }) => message);
    expect(closed.join()).not.toContain('narrow its pattern');
  });
});

describe('a part by which a person names the host of', () => {
  const message = (fields: Record<string, unknown>) =>
    imported({ ...fields }).lines.filter(({ message }) => message.includes('narrow its pattern'));
  const token = (host: string) => ({ token_url: `https://${host}/token` });
  test.each<[string, Record<string, unknown>, string]>([
    ['the token endpoint', token(asked('host')), 'token_url'],
    ['all but .com', token(`${asked('host')}.com`), 'token_url'],
    ['all but .co.uk', token(`api.${asked('host')}.co.uk`), 'token_url'],
    ['all but a port', token(`${asked('host')}:443`), 'token_url'],
    ['the refresh endpoint', { refresh_url: `https://${asked('host')}/refresh` }, 'refresh_url'],
  ])('%s is warned of: the client’s secret goes there', (_, fields, field) => {
    expect(message(fields)).toMatchObject([{ field }]);
  });
  test.each(['.acme.example', '.eu.acme.com', '.box.com'])('a server below %s is not', (suffix) => {
    expect(message(token(`${asked('host')}${suffix}`))).toEqual([]);
  });
});
