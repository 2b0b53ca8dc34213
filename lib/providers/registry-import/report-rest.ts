import type { Part, Report } from '#lib/providers/registry-import/import-report';
import type { RegistryEntry } from '#lib/providers/registry-import/read-registry';

/** Fields that the import reads, or that say nothing of a connection. */
const read = new Set([
  ...['display_name', 'auth_mode', 'authorization_url', 'token_url', 'refresh_url', 'authorization_params'],
  ...['token_params', 'refresh_params', 'default_scopes', 'scope_separator', 'authorization_method', 'body_format'],
  ...['token_request_auth_method', 'disable_pkce', 'authorization_url_replacements', 'authorization_url_fragment'],
  ...['authorization_code_param_in_callback', 'alternate_access_token_response_path', 'expires_in_unit'],
  ...['token_response_metadata', 'redirect_uri_metadata', 'connection_config', 'authorization_url_skip_empty'],
  ...['categories', 'docs', 'docs_connect', 'setup_guide_url', 'available_scopes', 'proxy'],
  // Misspelt in the registry, or read by nothing there.
  ...['auth', 'refresh_token_params', 'connection_configuration', 'decode_url'],
]);

const others: Readonly<Record<string, [part: Part, kind: 'lost' | 'changed', message: string]>> = {
  token_expiration_buffer: ['refresh', 'changed', 'the hub renews tokens by its own margin'],
  refresh_token_response_metadata: ['refresh', 'changed', 'fields of a refresh are those of `response_fields`'],
  post_connection_script: ['calls', 'lost', 'the registry runs code after connecting; `lookups` may do the same'],
  pre_connection_deletion_script: ['calls', 'lost', 'the registry ends the access by code; see `revoke`'],
  credentials_verification_script: ['calls', 'lost', 'the registry tries the token by code'],
  webhook_routing_script: ['calls', 'lost', 'webhooks of the provider do not come through the hub'],
  webhook_user_defined_secret: ['calls', 'lost', 'webhooks of the provider do not come through the hub'],
  webhook_allowed_query_params: ['calls', 'lost', 'webhooks of the provider do not come through the hub'],
  authorization_code_param_in_webhook: ['exchange', 'lost', 'the code comes in a webhook'],
  webhook_response_metadata: ['exchange', 'lost', 'fields come in a webhook'],
  installation: ['authorization', 'lost', 'the installation begins at the provider'],
  require_client_certificate: ['exchange', 'lost', 'the server asks for a client certificate'],
  token_url_skip_encode: [
    'exchange',
    'changed',
    'parts of addresses are letters, digits, dots, hyphens and underscores',
  ],
};

/** Everything of the entry that none of the other steps has looked at. */
export function reportRest(entry: RegistryEntry, report: Report): void {
  for (const field of Object.keys(entry)) {
    if (read.has(field)) continue;
    const known = Object.hasOwn(others, field) ? others[field] : undefined;
    if (field === 'authorization_url_skip_encode') {
      // A plus that is not encoded is what a space between scopes becomes here.
      if (entry.scope_separator !== '+') report.lost(field, 'authorization', 'values of the URL are encoded');
    } else if (!known) report.lost(field, 'calls', 'is not known to the import');
    else report[known[1]](field, known[0], known[2]);
  }
  if (entry.proxy !== undefined) report.lost('proxy', 'calls', 'the hub gives out tokens and makes no calls itself');
}
