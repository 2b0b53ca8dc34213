import type { OAuthProvider } from '#lib/oauth/types';

/** A provider as the hub uses it: preset and entry merged, every default applied, frozen. */
export interface ProviderRecord extends OAuthProvider {
  /** The name on buttons and cards. */
  readonly name: string;
  readonly preset: string | null;
  /** Whether people may sign in to the hub through it. */
  readonly sign_in: boolean;
  /** Whether people may connect accounts of it; false for a provider that only signs people in. */
  readonly connect: boolean;
  /** Whether its word that an e-mail is verified counts for administrator rights. */
  readonly trusted_email: boolean;
  /**
   * How a fresh sign-in is known: by `max_age` and the `auth_time` that comes back (OpenID Connect Core §3.1.2.1), or
   * only by its having gone through, whatever the provider asked of the person.
   */
  readonly step_up: 'auth_time' | 'session_only';
  /** RFC 8414, as the entry says or its preset knows; null: nothing says whether the server checks PKCE. */
  readonly code_challenge_methods_supported: readonly string[] | null;
  /** The scopes of signing in: identity only. */
  readonly sign_in_scopes: readonly string[];
  /** The meaning of a token answer without `scope`: as asked (RFC 6749 §5.1), or nothing is known. */
  readonly absent_scope: 'as_asked' | 'unknown';
  /** Suffixes of the public list below which only the provider's own servers answer. */
  readonly operated_suffixes: readonly string[];
  /** A person may name any server, which is then shown the client's secret. */
  readonly dangerously_with_typed_hosts: boolean;
  /** Scope → what it lets the hub do, in plain words. */
  readonly scope_descriptions: Readonly<Record<string, string>>;
  /** Seconds to assume for a token without a stated life. */
  readonly expires_default: number | null;
  /** How to learn the life of a token when the answer has no `expires_in`. */
  readonly expiry_probe: 'introspect' | 'none';
  /** Whether administrators may try the failure scenarios here: forged requests, and a code that is shown twice. */
  readonly failure_scenarios: boolean;
  /** What a revocation drill sends to each page of the server in turn, as a person at the test account would; else empty. */
  readonly drill_consent: readonly Readonly<Record<string, string | readonly string[]>>[];
  // Nothing acts on the next three and `push_signal` yet: they tell the hub's operator what to expect.
  /** Whether refreshing replaces the refresh token; `leeway_s` is how long the old one is still forgiven. */
  readonly rotation: 'none' | 'rotate' | { readonly leeway_s: number };
  /** A grant that is not refreshed for so many days is near its end. */
  readonly idle_keepalive_days: number | null;
  /** How many live grants the provider keeps per account and client before it drops the oldest. */
  readonly max_grants: number | null;
  /** How the provider could tell us of a revocation. */
  readonly push_signal: 'none' | 'risc' | 'ssf' | 'webhook' | 'log_stream';
}
