import type { ErrorCode } from '#lib/errors';

/** Where a request ends, in the order in which a flow comes by. */
export const endingSteps = {
  caller: 'the hub checked who asks',
  request: 'the hub checked the request',
  provider: 'the provider was asked for access',
  answer: 'the hub checked the answer that the browser brought back',
  exchange: 'the hub exchanged the code for tokens',
  account: 'the hub learned which account it is',
  grant: 'the hub used the stored grant',
  hub: 'the hub did its own work',
} as const;
export type EndingStep = keyof typeof endingSteps;

/** What an administrator is told of a code: where it ended, what mostly causes it, and what to do. */
export interface ErrorAdvice {
  step: EndingStep;
  causes: string;
  next: string;
}

const advice = (step: EndingStep, causes: string, next: string): ErrorAdvice => ({ step, causes, next });

const forgery = 'Start again from the hub. Many of these from one network are an attempt to plant an answer.';
const anotherAnswer = 'An intermediary or an attacker put in the answer of another server.';

/**
 * One row a code, for the page of a request and for docs/errors.md. The sentence of `errorCodes` is for the person; this
 * is for the administrator whom they ask.
 */
export const errorAdvice: Record<ErrorCode, ErrorAdvice> = {
  unauthenticated: advice('caller', 'The session ended, or the browser kept no cookie.', 'Sign in again.'),
  invalid_api_key: advice(
    'caller',
    'A mistyped, revoked or expired key, or a service that sends none.',
    'Compare the key’s prefix with the list of API keys. Create a new key where it ended.',
  ),
  forbidden: advice('caller', 'The role of the person does not allow it.', 'Change the role, or ask an administrator.'),
  insufficient_scope: advice(
    'caller',
    'The key was created without this scope.',
    'Create a key that has the scope, and revoke this one.',
  ),
  ip_not_allowed: advice(
    'caller',
    'The service moved to another network, or somebody else has the key.',
    'Find out who uses the address. Add it to the key’s addresses, or revoke the key.',
  ),
  wrong_origin: advice(
    'caller',
    'Another site sent the form, or a proxy changes the Origin header.',
    'Compare APP_URL with the address in the browser. Else treat it as an attempt to forge requests.',
  ),
  connect_session_over: advice(
    'request',
    'The link was opened a second time or after ten minutes, or the application cancelled it or came too late.',
    'The person begins again in the application. Often: look whether the application completes within ten minutes.',
  ),
  connect_session_mismatch: advice(
    'request',
    'The application completed with the verifier of another browser session, as where a person was handed a foreign link.',
    'Nothing to mend where one person is concerned. From many people: the application mixes up its sessions.',
  ),
  sign_in_not_allowed: advice(
    'caller',
    'SIGN_IN_ALLOW does not admit the account.',
    'Add the address or the domain to the configuration.',
  ),
  person_disabled: advice('caller', 'An administrator disabled the person.', 'Enable the person on their page.'),
  step_up_required: advice('caller', 'The last sign-in is older than five minutes.', 'Sign in once more, then repeat.'),
  step_up_other_account: advice(
    'caller',
    'The browser is signed in at the provider with several accounts.',
    'Choose the account that is signed in here.',
  ),
  step_up_too_old: advice(
    'caller',
    'The provider kept its session and did not ask for the password.',
    'Sign out at the provider, then sign in once more.',
  ),
  step_up_unproved: advice(
    'caller',
    'The provider’s ID token has no auth_time.',
    'Let administrators sign in with a provider that sends auth_time.',
  ),
  invalid_request: advice(
    'request',
    'A field is missing or has a wrong form.',
    'Read the field that the answer names, and compare it with the API reference.',
  ),
  unknown_scope: advice(
    'request',
    'The service states a scope of another provider, or mistypes it.',
    'Correct the scopes that the service states with its calls.',
  ),
  account_part_invalid: advice(
    'request',
    'The person typed a site or tenant that the provider writes in another way.',
    'Give the person the exact name, as in the example at the field.',
  ),
  body_too_large: advice('request', 'The body is longer than the hub takes.', 'Send less.'),
  evidence_too_large: advice(
    'request',
    'The period has more than 100,000 rows, or the bundle more than 256 MiB.',
    'Take several shorter periods.',
  ),
  not_found: advice(
    'request',
    'A wrong id, something that was deleted, or something of another person.',
    'Search for the id. Refusals of one person in a row can be an attempt to guess.',
  ),
  unknown_provider: advice(
    'request',
    'The provider was removed from the configuration, its id is mistyped, or the application may not use it.',
    'Compare the id with the list of providers, and with those of the application.',
  ),
  method_not_allowed: advice('request', 'The client uses a wrong HTTP method.', 'See the API reference.'),
  conflict: advice(
    'request',
    'Two people changed the same thing.',
    'Reload, then repeat the change if it is still needed.',
  ),
  needs_reconnect: advice(
    'grant',
    'The person removed the access at the provider, the grant expired, or a rule ended it.',
    'Ask the person to reconnect. The connection’s history tells since when.',
  ),
  refreshed_lately: advice(
    'grant',
    'A service reports the same token again and again.',
    'Let the service use the token that it was answered.',
  ),
  revoked: advice('grant', 'The connection was revoked here.', 'The person connects again where it is wanted.'),
  frozen: advice(
    'grant',
    'A freeze covers the person, the connection, the key, the provider or everything.',
    'See Freezes for who set it and why. Thaw it when the cause is gone.',
  ),
  rate_limited: advice(
    'request',
    'A loop in a service or a browser, or a flood.',
    'Wait. Where it goes on, look at the address in the ledger.',
  ),
  state_missing: advice(
    'answer',
    'The person began at the provider and not here, or a proxy cut the query off.',
    'Begin at the hub’s own page.',
  ),
  state_unknown: advice(
    'answer',
    'Another browser or profile began, cookies are blocked, or it was longer than ten minutes.',
    forgery,
  ),
  state_reused: advice(
    'answer',
    'The answer was loaded a second time, from the history or by a second click.',
    'Look whether the first one connected. Start again if not.',
  ),
  state_mismatch: advice('answer', 'The answer of one attempt came back in another.', forgery),
  flow_expired: advice(
    'answer',
    'The person stayed longer than ten minutes at the provider, or the hub was upgraded.',
    'Start again.',
  ),
  flow_interrupted: advice(
    'answer',
    'A process of the hub stopped while it worked on the answer.',
    'See whether the connection is there. Start again if not. Tokens that came with the answer end at the provider alone.',
  ),
  flow_other_person: advice(
    'answer',
    'Another person signed in at the same browser before the answer came.',
    'Start again as the person who is signed in now.',
  ),
  duplicate_parameter: advice('answer', 'An intermediary changed the answer, or an attacker made it.', forgery),
  callback_mismatch: advice(
    'answer',
    'The redirect URI of another provider is registered in the console.',
    'Copy the redirect URI of this provider into its console.',
  ),
  iss_mismatch: advice(
    'answer',
    `${anotherAnswer} The issuer in the configuration may also be wrong.`,
    'Compare issuer with the provider’s metadata. Else treat it as an attack (RFC 9207).',
  ),
  iss_missing: advice(
    'answer',
    `${anotherAnswer} The provider may also have stopped sending iss.`,
    'Run the provider’s check. It tells what the metadata promises.',
  ),
  missing_code: advice(
    'answer',
    'The provider names the code in another way, or a proxy cut the query off.',
    'Connect once with a trace from the provider’s page: it names the field.',
  ),
  access_denied: advice(
    'provider',
    'The person pressed Cancel, or a rule of their organisation declined.',
    'Ask the person. Else see the provider’s own log.',
  ),
  provider_refused: advice(
    'provider',
    'A scope or a parameter that the provider does not take, or an application it has stopped.',
    'Read the provider’s code on this page. Its words stand in the log under the reference.',
  ),
  exchange_refused: advice(
    'exchange',
    'A wrong client secret, another redirect URI, or a code that was used or is old.',
    'Read the provider’s code on this page. Check the provider from its page.',
  ),
  id_token_invalid: advice(
    'exchange',
    'A clock that is wrong, another issuer or client id, or a key that the provider has replaced.',
    'Compare the clocks, then issuer and client_id.',
  ),
  token_answer_invalid: advice(
    'exchange',
    'The provider answers in a form that its record does not describe.',
    'Connect once with a trace from the provider’s page: it suggests the line of the record.',
  ),
  identity_unavailable: advice(
    'account',
    'The provider’s user information does not answer, or lacks the identifier.',
    'Check the provider from its page, and the scope that its user information needs.',
  ),
  account_mismatch: advice(
    'account',
    'The browser is signed in at the provider with another account.',
    'The person signs out there, or connects the other account as a second one.',
  ),
  pkce_required: advice(
    'provider',
    'The provider’s metadata does not list S256.',
    'Ask the provider. The record can allow it with dangerously_without_pkce.',
  ),
  provider_unavailable: advice(
    'exchange',
    'The provider is down, slow or not reachable from the hub’s network.',
    'See the provider’s health under Status, then its own status page.',
  ),
  provider_configuration: advice(
    'exchange',
    'A wrong or expired client secret, or an application that was disabled.',
    'Copy client id and secret anew from the provider’s console.',
  ),
  grant_in_doubt: advice(
    'grant',
    'The provider refused the grant, and other grants there may still work.',
    'Wait some minutes: the hub asks once more. Then the person reconnects.',
  ),
  refresh_in_progress: advice('grant', 'Another call refreshes the same token.', 'Repeat the call in a moment.'),
  unavailable: advice('hub', 'The database is out of reach or full, or the hub starts.', 'See Status and the log.'),
  key_missing: advice(
    'hub',
    'A key was taken out of VAULT_KEYS while tokens are still sealed with it.',
    'Put the key back. Vault keys tells which one.',
  ),
  key_service_unavailable: advice('hub', 'The key service is down or refuses the hub.', 'See its health and its log.'),
  vault_old_form: advice(
    'hub',
    'An old backup was restored in part, or somebody wrote into the database.',
    'Find out who wrote. The person reconnects.',
  ),
  vault_wrong_place: advice(
    'hub',
    'Somebody moved a stored token to another row or column.',
    'Treat it as an attack on the database. The person reconnects.',
  ),
  vault_malformed: advice(
    'hub',
    'A fault of the disk or of a restore.',
    'Compare with a backup. The person reconnects.',
  ),
  vault_tampered: advice(
    'hub',
    'Somebody changed the stored token, or the key is another one with the same name.',
    'Compare VAULT_KEYS with its backup. Else treat it as an attack on the database.',
  ),
  internal: advice('hub', 'A fault of the hub itself.', 'Search the log for the reference, and report the fault.'),
};
