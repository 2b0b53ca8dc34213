import { presetNames } from '#lib/config/provider-record';
import type { Preset, PresetFields, PresetName } from '#lib/providers/preset';
import { presets } from '#lib/providers/presets';

const pkceWords: Record<Preset['about']['pkce'], string> = {
  documented: 'yes',
  undocumented: 'sent; the pages that were read do not name it',
  refused: '**no**: the provider refuses it from a client with a secret',
};

/** The presets that providers-setup.md goes through, and that variables configure. */
const withVariables: ReadonlySet<string> = new Set(['google', 'github', 'salesforce', 'okta', 'auth0']);

const code = (text: string) => `\`${text}\``;
const nameOf = (id: PresetName, { name }: PresetFields) => name ?? id;

function rotationWords({ rotation = 'none', discovery }: PresetFields): string {
  if (rotation === 'none') return discovery === 'oidc' ? 'as the server does' : 'stays';
  return rotation === 'rotate' ? 'replaced at each use' : `replaced, the old one forgiven for ${rotation.leeway_s} s`;
}

function endingWords({ revoke = {}, revocation_endpoint, discovery }: PresetFields): string {
  const byCall = revoke.style !== 'none' && (revocation_endpoint !== undefined || discovery === 'oidc');
  if (!byCall) return `by hand at <${revoke.manual_url}>`;
  const reach = { token: 'this token', grant: 'the grant', account: 'every grant of the account' };
  return `revoked: ${reach[revoke.blast_radius ?? 'grant']}`;
}

function entryOf(id: PresetName): string {
  const issuer = ['okta', 'auth0'].includes(id) ? `"issuer": "…", ` : '';
  return `{ "preset": "${id}", ${issuer}"client_id": "…", "client_secret_env": "${id.toUpperCase().replace(/-/g, '_')}_SECRET" }`;
}

function section(id: PresetName): string {
  const { about, record } = presets[id];
  const fields = record();
  const parts = (fields.account_params ?? []).map(({ label, example }) => `*${label}*, such as ${code(example)}`);
  const facts = [
    `Console: <${about.console}>`,
    `Redirect URI: ${code(`APP_URL/oauth/callback/${id}`)}`,
    `Asks for: ${fields.scopes?.length ? fields.scopes.map(code).join(', ') : 'nothing; the console says what the application may do'}`,
    ...(parts.length > 0 ? [`Each person gives: ${parts.join('; ')}`] : []),
    `PKCE: ${pkceWords[about.pkce]}`,
    ...(fields.dangerously_without_nonce ? ['ID tokens: **without a nonce**'] : []),
    `Refresh token: ${rotationWords(fields)}`,
    `Ends: ${endingWords(fields)}`,
    ...(about.unconfirmed ?? []).map((fact) => `**Not confirmed:** ${fact}`),
  ];
  return [
    `## ${nameOf(id, fields)}`,
    '',
    ...(withVariables.has(id) ? ['[providers-setup.md](providers-setup.md) has more on it.', ''] : []),
    '```json',
    entryOf(id),
    '```',
    '',
    ...about.setup.map((sentence, at) => `${at + 1}. ${sentence}`),
    '',
    ...facts.map((fact) => `- ${fact}`),
    '',
    'Sources:',
    '',
    ...about.sources.map(({ url, says }) => `- <${url}>: ${says}`),
    '',
  ].join('\n');
}

/** The text of docs/presets.md, made from the records themselves. */
export function presetPage(): string {
  const named = presetNames.filter((id) => id !== 'oidc');
  const rows = named.map((id) => {
    const name = nameOf(id, presets[id].record());
    return `| ${code(id)} | [${name}](#${name
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')}) |`;
  });
  return `<!-- Written by scripts/write-preset-page.ts from lib/providers/presets; a test holds that it is current. -->

# Providers that are known

One line of \`PROVIDERS_FILE\` connects each of these, once an application of yours is registered in its console. Every
field of [providers.md](providers.md) overrides what the preset says, \`scopes\` above all: the presets ask for little.

**These records were not tried against the real servers.** Each is made from the provider's public documentation, named
below it. In our tests it runs against a server that answers as that documentation says. A fact that no source confirms is marked so. \`npm run -s grantkeep -- provider check <id>\` tries what can be tried without a person.

The redirect URI ends in the entry's \`id\`, which is the preset's name where the entry gives no other.

| Preset | Provider |
|---|---|
${rows.join('\n')}

${named.map(section).join('\n')}`;
}
