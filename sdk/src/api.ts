// Made from the OpenAPI document of the hub by `node scripts/write-client-types.ts`. Do not edit it.

/** A stable code of a refusal, as the hub answers it. */
export type ErrorCode =
  | 'body_too_large'
  | 'conflict'
  | 'connect_session_mismatch'
  | 'connect_session_over'
  | 'frozen'
  | 'grant_in_doubt'
  | 'insufficient_scope'
  | 'invalid_api_key'
  | 'invalid_request'
  | 'ip_not_allowed'
  | 'needs_reconnect'
  | 'not_found'
  | 'person_disabled'
  | 'provider_configuration'
  | 'provider_unavailable'
  | 'rate_limited'
  | 'refresh_in_progress'
  | 'refreshed_lately'
  | 'revoked'
  | 'unavailable'
  | 'unknown_provider'
  | 'unknown_scope';

/** Further fields that calls to the provider need, such as `instance_url`, stand beside these under their own names. */
export interface Token {
  access_token: string;
  token_type: string;
  /** Null if the provider gives the token no end. */
  expires_at: string | null;
  /** Seconds left at the moment of the answer. */
  expires_in: number | null;
  /** Granted scopes, separated by spaces (RFC 6749 §3.3). Null where the provider does not say. */
  scope: string | null;
  /** Scopes that were asked for and not granted: by the connection, or by `scopes` of this call. */
  missing_scopes: Array<string>;
  provider: string;
  account: Account;
  [name: string]: unknown;
}

export interface Account {
  issuer: string;
  subject: string;
  /** The name by which a person recognises the account: an e-mail address or a login. */
  label: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Stable. Branch on this. */
  code: string;
  request_id: string;
  /** With `refreshed_lately`: base64 of the SHA-256 of the access token that is stored now. */
  token_fingerprint?: string;
  /** The provider’s own code, if the provider refused (RFC 6749 §5.2). It is for people to look up; branch on `code`. */
  provider_error?: string;
  issues?: Array<{
    path: string;
    message: string;
  }>;
}

export interface TokenRequest {
  /** Base64 of the SHA-256 of an access token that the provider refused. If it is still the stored one, the hub refreshes it first, at most once in 30 seconds. */
  rejected_token_fingerprint?: string;
  /** Why the service reads. It stays in the ledger: write no personal data and no secrets. */
  purpose?: string;
  /** The scopes that the service will use. It narrows nothing; the review of scopes compares it with what was granted. */
  scopes?: Array<string>;
}

export interface ConnectionPage {
  connections: Array<Connection>;
  next_cursor: string | null;
}

export interface Connection {
  id: string;
  user: string;
  person: ApplicationPerson | HubPerson;
  provider: string;
  account: Account;
  /** `refresh_due` is connected: the next call refreshes its token. */
  status: "connected" | "refresh_due" | "needs_reconnect" | "frozen" | "revoked";
  /** A stable code such as `invalid_grant`. */
  status_reason: string | null;
  /** The provider’s own code of the refusal with which the connection ended. For people; do not branch on it. */
  provider_error: string | null;
  /** Null where the provider does not say. */
  scope: string | null;
  missing_scopes: Array<string>;
  expires_at: string | null;
  refreshable: boolean;
  extras: {
    [name: string]: string | number | boolean;
  };
  /** Lists from which the person chooses an entry, such as a site or a company. Until then `chosen` is null, and `extras` lacks the fields of the choice. */
  choices: Array<{
    name: string;
    chosen: string | null;
  }>;
  /** Fields that the provider did not answer yet: `account.label`, or `extras.` and a field of a look-up. */
  missing: Array<string>;
  created_at: string;
  connected_at: string;
  last_used_at: string | null;
  last_refreshed_at: string | null;
  last_refresh_error: string | null;
  revoked_at: string | null;
  /** The state of the revocation at the provider. Null for a connection that is not revoked. */
  revocation: {
    state: "pending" | "revoked_upstream" | "unsupported" | "failed";
    attempts: number;
    finished_at: string | null;
    /** `proved`: the provider accepted a token before and refused it afterwards. `due`: the provider still accepts one, and the hub tries it again. */
    proof: "none" | "due" | "proved" | "still_accepted" | "not_provable";
    proved_at: string | null;
    /** Services that validate the access token offline may accept it until then. */
    honoured_until: string | null;
  } | null;
}

/** A person whom an application knows by its own ids. */
export interface ApplicationPerson {
  id: string;
  application: string;
  tenant: string | null;
  /** Null once the person was deleted here. */
  user: string | null;
  label: string | null;
}

/** A person who signs in to the hub. */
export interface HubPerson {
  id: string;
  issuer: string;
  subject: string;
  email: string | null;
}

export interface Revoked {
  id: string;
  status: "revoked";
}

export interface Webhooks {
  webhooks: Array<Webhook>;
}

export interface Webhook {
  id: string;
  name: string;
  url: string;
  /** Null: every type, also later ones. */
  types: Array<"alert.opened" | "alert.reopened" | "alert.acknowledged" | "alert.resolved" | "connection.created" | "connection.reconnected" | "connection.needs_reauth" | "connection.recovered" | "connection.revoked"> | null;
  enabled: boolean;
  /** `gone`: the receiver answered 410. */
  disabled_reason: "by_hand" | "gone" | null;
  /** Until then messages carry a signature by the secret before the rotation, too. */
  previous_secret_until: string | null;
  /** Messages on their way; 1,000 at most are counted. */
  pending: number;
  /** Messages that the hub gave up; 1,000 at most are counted. */
  failed: number;
  last_delivered_at: string | null;
  created_at: string;
}

export type NewWebhook = Webhook & {
  /** The signing secret. It is in this answer and in no other. */
  secret: string;
};

export interface WebhookRequest {
  name: string;
  url: string;
  /** Absent or empty: every type. */
  types?: Array<"alert.opened" | "alert.reopened" | "alert.acknowledged" | "alert.resolved" | "connection.created" | "connection.reconnected" | "connection.needs_reauth" | "connection.recovered" | "connection.revoked"> | null;
}

export interface WebhookChange {
  enabled: boolean;
}

export interface WebhookSecret {
  /** The signing secret. It is in this answer and in no other. */
  secret: string;
  previous_secret_until: string;
}

export interface WebhookTest {
  /** Null where no answer came. */
  status: number | null;
  /** The reason why none came. */
  code: string | null;
  duration_ms: number;
}

export interface Events {
  events: Array<HubEvent>;
  next: string;
  has_more: boolean;
}

export interface HubEvent {
  /** The `webhook-id` of the message. */
  id: string;
  /** The message as a webhook carries it. */
  body: {
    type: "connection.created" | "connection.reconnected" | "connection.needs_reauth" | "connection.recovered" | "connection.revoked";
    timestamp: string;
    data: {
      connection_id: string;
      provider?: string;
      reason?: string;
      person_id?: string;
      person?: ApplicationPerson | HubPerson;
    };
  };
}

export interface NewConnectSession {
  id: string;
  url: string;
  expires_at: string;
  user_code?: string;
  verification_url?: string;
  /** Seconds. */
  interval?: number;
}

export interface ConnectSessionRequest {
  user: ApplicationUser;
  /** The id of a provider. */
  provider?: string | null;
  /** Providers that the person may choose from. Without `provider` and `providers`: all that the application may connect. */
  providers?: Array<string> | null;
  /** The connection to reconnect. Its account cannot change. */
  connection?: string | null;
  /** The scopes to ask for, all of them. Absent: every scope that the application may ask for. They need one provider. */
  scopes?: Array<string> | null;
  /** For a machine without a browser: the person types `user_code` at `verification_url` on another device (as RFC 8628 does). Then there is no `return_url` and no `code`; ask for the session every `interval` seconds until it is `received`. */
  device?: boolean;
  /** Shows the person their connections at the application, to reconnect and disconnect them, in the one browser that follows the link. A reconnect comes back with a `code`, as any other. The key needs `connections:read` and `connections:revoke` too. Then there is no `provider`, `connection`, `scopes` or `device`. */
  manage?: boolean;
  /** One of the application’s return addresses, letter by letter. Absent for a device. */
  return_url?: string | null;
  /** Base64url of the SHA-256 of a verifier (RFC 7636 §4.2). Make a new verifier for each session, and keep it where only the browser that begins it can bring it back. */
  code_challenge: string;
}

export interface ApplicationUser {
  /** The id by which the application knows them. */
  id: string;
  /** The part of the application that the id is of, where it has several. */
  tenant?: string | null;
  /** A name that the person recognises. */
  label?: string | null;
}

export interface ConnectSession {
  id: string;
  user: string;
  /** `open`: the link may be followed. `received`: the provider granted, and the hub waits ten minutes for the session to be completed. The others are ends. */
  status: "open" | "received" | "completed" | "failed" | "expired" | "cancelled";
  /** The code of the error. */
  error: string | null;
  provider: string | null;
  account: Account & Record<string, never> | null;
  connection: string | null;
  created_at: string;
  expires_at: string;
}

export interface ConnectSessionCompletion {
  /** The code that the browser brought back. Absent for a device. */
  code?: string | null;
  /** The verifier of `code_challenge` (RFC 7636 §4.1). */
  code_verifier: string;
}

export interface ApplicationPage {
  applications: Array<Application>;
  next_cursor: string | null;
}

export interface Application {
  id: string;
  /** People read it where they are asked for an account. */
  name: string;
  /** An e-mail or an https: address. */
  contact: string;
  /** The addresses that people may be led back to, 1 to 20, each compared as a whole. */
  return_urls: Array<string>;
  /** The only providers that it may use. Null: every one. */
  providers: Array<string> | null;
  /** By provider what it may ask for. A provider that is absent has the scopes of its record. */
  scopes: {
    [name: string]: Array<string>;
  };
  status: "active" | "disabled";
  has_logo: boolean;
  /** An administrator sets them, and the logo, on its page. Null: the hub’s own. */
  colours: {
    light: string;
    dark: string;
  } | null;
  /** API keys of it that are neither revoked nor expired. */
  keys: number;
  /** Its people, without deleted ones. */
  people: number;
  /** Connections of its people that are not revoked. */
  connections: number;
  created_at: string;
  disabled_at: string | null;
}

export interface ApplicationRequest {
  /** People read it where they are asked for an account. */
  name: string;
  /** An e-mail or an https: address. */
  contact: string;
  /** The addresses that people may be led back to, 1 to 20, each compared as a whole. */
  return_urls: Array<string>;
  providers?: Array<string> | null;
  scopes?: {
    [name: string]: Array<string>;
  };
}

export interface ApplicationChange {
  /** People read it where they are asked for an account. */
  name?: string;
  /** An e-mail or an https: address. */
  contact?: string;
  /** The addresses that people may be led back to, 1 to 20, each compared as a whole. */
  return_urls?: Array<string>;
  /** The only providers that it may use. Null: every one. */
  providers?: Array<string> | null;
  /** By provider what it may ask for. A provider that is absent has the scopes of its record. */
  scopes?: {
    [name: string]: Array<string>;
  };
}

export interface ApplicationDisabling {
  reason: string;
}

/** What each operation takes and answers. */
export interface Operations {
  /** Get a live access token */
  vendToken: {
    input: { path: {
      id: string;
    }; body?: TokenRequest; };
    answer: Token;
  };
  /** List connections */
  listConnections: {
    input: { query?: {
      /** The id of a person. */
      user?: string;
      /** The issuer that the person signs in with. Needs `subject`. */
      issuer?: string;
      /** The person’s subject at that issuer. Needs `issuer`. */
      subject?: string;
      /** The whole e-mail address of the person, in any case of letters. */
      email?: string;
      /** Of the people of this application. A key of an application has its own unless set. */
      application?: string;
      /** Of the person whom the application knows by this id, and by the `tenant`. Without `tenant`: of the one who has none. Needs `application`, or a key of an application. */
      application_user?: string;
      /** Alone: of all people of this tenant. Needs `application`, or a key of an application. */
      tenant?: string;
      /** The id of a provider. */
      provider?: string;
      /** `connected` includes `refresh_due`. */
      status?: "connected" | "refresh_due" | "needs_reconnect" | "frozen" | "revoked";
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    }; };
    answer: ConnectionPage;
  };
  /** Get a connection */
  getConnection: {
    input: { path: {
      id: string;
    }; };
    answer: Connection;
  };
  /** Revoke a connection */
  revokeConnection: {
    input: { path: {
      id: string;
    }; };
    answer: Revoked;
  };
  /** List webhooks */
  listWebhooks: {
    input: Record<never, never>;
    answer: Webhooks;
  };
  /** Add a webhook */
  createWebhook: {
    input: { body: WebhookRequest; };
    answer: NewWebhook;
  };
  /** Switch a webhook off or on */
  changeWebhook: {
    input: { path: {
      id: string;
    }; body: WebhookChange; };
    answer: Webhook;
  };
  /** Remove a webhook */
  removeWebhook: {
    input: { path: {
      id: string;
    }; };
    answer: undefined;
  };
  /** Rotate the signing secret */
  rotateWebhookSecret: {
    input: { path: {
      id: string;
    }; };
    answer: WebhookSecret;
  };
  /** Send a test */
  testWebhook: {
    input: { path: {
      id: string;
    }; };
    answer: WebhookTest;
  };
  /** Read on in the events */
  listEvents: {
    input: { query?: {
      /** `next` of the answer before. */
      since?: string;
    }; };
    answer: Events;
  };
  /** Begin a connect session */
  createConnectSession: {
    input: { body: ConnectSessionRequest; };
    answer: NewConnectSession;
  };
  /** Get a connect session */
  getConnectSession: {
    input: { path: {
      id: string;
    }; };
    answer: ConnectSession;
  };
  /** Cancel a connect session */
  cancelConnectSession: {
    input: { path: {
      id: string;
    }; };
    answer: undefined;
  };
  /** Complete a connect session */
  completeConnectSession: {
    input: { path: {
      id: string;
    }; body: ConnectSessionCompletion; };
    answer: Connection;
  };
  /** List applications */
  listApplications: {
    input: { query?: {
      status?: "active" | "disabled";
      /** Part of a name, or a whole id. */
      query?: string;
      /** `next_cursor` of the page before. */
      cursor?: string;
      limit?: number;
    }; };
    answer: ApplicationPage;
  };
  /** Register an application */
  createApplication: {
    input: { body: ApplicationRequest; };
    answer: Application;
  };
  /** Get an application */
  getApplication: {
    input: { path: {
      id: string;
    }; };
    answer: Application;
  };
  /** Change an application */
  changeApplication: {
    input: { path: {
      id: string;
    }; body: ApplicationChange; };
    answer: Application;
  };
  /** Disable an application */
  disableApplication: {
    input: { path: {
      id: string;
    }; body: ApplicationDisabling; };
    answer: Application;
  };
}

/** Where each operation is, below `/api/v1`. */
export const operations = {
  vendToken: { method: 'POST', path: '/connections/{id}/token' },
  listConnections: { method: 'GET', path: '/connections' },
  getConnection: { method: 'GET', path: '/connections/{id}' },
  revokeConnection: { method: 'DELETE', path: '/connections/{id}' },
  listWebhooks: { method: 'GET', path: '/webhooks' },
  createWebhook: { method: 'POST', path: '/webhooks' },
  changeWebhook: { method: 'PATCH', path: '/webhooks/{id}' },
  removeWebhook: { method: 'DELETE', path: '/webhooks/{id}' },
  rotateWebhookSecret: { method: 'POST', path: '/webhooks/{id}/secret' },
  testWebhook: { method: 'POST', path: '/webhooks/{id}/test' },
  listEvents: { method: 'GET', path: '/events' },
  createConnectSession: { method: 'POST', path: '/connect-sessions' },
  getConnectSession: { method: 'GET', path: '/connect-sessions/{id}' },
  cancelConnectSession: { method: 'DELETE', path: '/connect-sessions/{id}' },
  completeConnectSession: { method: 'POST', path: '/connect-sessions/{id}/complete' },
  listApplications: { method: 'GET', path: '/applications' },
  createApplication: { method: 'POST', path: '/applications' },
  getApplication: { method: 'GET', path: '/applications/{id}' },
  changeApplication: { method: 'PATCH', path: '/applications/{id}' },
  disableApplication: { method: 'POST', path: '/applications/{id}/disable' },
} as const;
