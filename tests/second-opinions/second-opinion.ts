/** An authorization server that is not built on the library of the demo, on loopback, with one person who always agrees. */
export interface SecondOpinion {
  issuer: string;
  /** The provider record for it, as an operator would write it. */
  record: Record<string, unknown>;
  close(): Promise<void>;
}

/** A client with an id and a secret that have characters which servers read differently in HTTP Basic. */
export const client = { id: 'second-opinion.hub', secret: 'not-a-real_secret.~1' };

/** The person who agrees. */
export const person = { sub: 'ada', email: 'ada@example.com', email_verified: true, name: 'Ada' };

/** What every record has: plain OAuth 2.0 by the book, for connecting and for signing in. */
export function recordAt(id: string, issuer: string): Record<string, unknown> {
  return {
    id,
    name: id,
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    revocation_endpoint: `${issuer}/revoke`,
    userinfo_endpoint: `${issuer}/userinfo`,
    client_id: client.id,
    client_secret: client.secret,
    scopes: ['profile', 'email'],
    sign_in: true,
    code_challenge_methods_supported: ['S256'],
    rotation: 'rotate',
    revoke: { blast_radius: 'token' },
  };
}
