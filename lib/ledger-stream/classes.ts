import type { LedgerAction } from '#lib/ledger/actions';

/** The version of the Open Cybersecurity Schema Framework that the events follow. */
export const ocsfVersion = '1.8.0';

/** The classes in use, by their numbers and those of their activities in the schema. */
export const classes = {
  authentication: {
    category: 3,
    uid: 3002,
    name: 'Authentication',
    activities: { Logon: 1, Logoff: 2, Other: 99 },
  },
  entity: {
    category: 3,
    uid: 3004,
    name: 'Entity Management',
    activities: {
      ...{ Create: 1, Read: 2, Update: 3, Delete: 4, Enroll: 6, Enable: 8, Disable: 9, Suspend: 12, Resume: 13 },
      Other: 99,
    },
  },
  api: {
    category: 6,
    uid: 6003,
    name: 'API Activity',
    activities: { Create: 1, Read: 2, Update: 3, Delete: 4, Other: 99 },
  },
} as const;

type Activity<C extends keyof typeof classes> = keyof (typeof classes)[C]['activities'];

/** Where an action stands in the schema; of an entity, also its type in the product's words. */
export type Placed =
  | readonly ['authentication', Activity<'authentication'>]
  | readonly ['entity', Activity<'entity'>, string]
  | readonly ['api', Activity<'api'>];

/**
 * Where each action stands. Never to be changed for an action that a release has written: reconciling makes the event
 * again and compares it.
 */
export const placedActions: Readonly<Record<LedgerAction, Placed>> = {
  'sign_in.completed': ['authentication', 'Logon'],
  'sign_in.refused': ['authentication', 'Logon'],
  'sign_in.stepped_up': ['authentication', 'Logon'],
  'session.ended': ['authentication', 'Logoff'],
  'flow.started': ['entity', 'Other', 'connection'],
  'flow.refused': ['entity', 'Create', 'connection'],
  'connect_session.created': ['entity', 'Create', 'connect session'],
  'connect_session.opened': ['entity', 'Update', 'connect session'],
  'connect_session.received': ['entity', 'Update', 'connect session'],
  'connect_session.ended': ['entity', 'Delete', 'connect session'],
  'connection.created': ['entity', 'Create', 'connection'],
  'connection.reconnected': ['entity', 'Update', 'connection'],
  'connection.imported': ['entity', 'Create', 'connection'],
  'connection.exported': ['api', 'Read'],
  'connection.export_written': ['api', 'Read'],
  'connection.chosen': ['entity', 'Update', 'connection'],
  'connection.named': ['entity', 'Update', 'connection'],
  'connection.looked_up': ['entity', 'Update', 'connection'],
  'connection.needs_reconnect': ['entity', 'Suspend', 'connection'],
  'connection.reconnect_asked': ['entity', 'Other', 'connection'],
  'connection.revoked': ['entity', 'Delete', 'connection'],
  'revocation.finished': ['entity', 'Delete', 'grant'],
  'revocation.failed': ['entity', 'Delete', 'grant'],
  'revocation.proved': ['entity', 'Read', 'grant'],
  'replaced.finished': ['entity', 'Delete', 'grant'],
  'replaced.failed': ['entity', 'Delete', 'grant'],
  'replaced.proved': ['entity', 'Read', 'grant'],
  'refused.kept': ['entity', 'Update', 'grant'],
  'refused.finished': ['entity', 'Delete', 'grant'],
  'refused.failed': ['entity', 'Delete', 'grant'],
  'refused.proved': ['entity', 'Read', 'grant'],
  'revocation.retried': ['entity', 'Resume', 'grant'],
  'revocation.drilled': ['entity', 'Other', 'grant'],
  'revocation.let_go': ['entity', 'Other', 'grant'],
  'bulk_revocation.started': ['entity', 'Create', 'bulk revocation'],
  'bulk_revocation.finished': ['entity', 'Update', 'bulk revocation'],
  'bulk_revocation.exported': ['api', 'Read'],
  'token.refreshed': ['api', 'Update'],
  'token.refresh_failed': ['api', 'Update'],
  'token.theft_suspected': ['api', 'Other'],
  'token.theft_possible': ['api', 'Other'],
  'provider.stopped': ['entity', 'Suspend', 'provider'],
  'provider.checked': ['entity', 'Read', 'provider'],
  'provider.metadata_changed': ['entity', 'Update', 'provider'],
  'provider.metadata_accepted': ['entity', 'Update', 'provider'],
  'checks.run': ['entity', 'Read', 'security checks'],
  'checks.scenarios_played': ['entity', 'Read', 'security checks'],
  'review.assigned': ['entity', 'Update', 'review'],
  'review.signed_off': ['entity', 'Update', 'review'],
  'review.missed': ['entity', 'Update', 'review'],
  'evidence.exported': ['api', 'Read'],
  'provider.resumed': ['entity', 'Resume', 'provider'],
  'token.vended': ['api', 'Read'],
  'token.denied': ['api', 'Read'],
  'api_key.created': ['entity', 'Create', 'API key'],
  'api_key.changed': ['entity', 'Update', 'API key'],
  'api_key.rotated': ['entity', 'Update', 'API key'],
  'api_key.revoked': ['entity', 'Delete', 'API key'],
  'application.created': ['entity', 'Create', 'application'],
  'application.changed': ['entity', 'Update', 'application'],
  'application.disabled': ['entity', 'Disable', 'application'],
  'application.enabled': ['entity', 'Enable', 'application'],
  'brake.frozen': ['entity', 'Suspend', 'freeze'],
  'brake.thawed': ['entity', 'Resume', 'freeze'],
  'instance.restored': ['entity', 'Suspend', 'instance'],
  'instance.promoted': ['entity', 'Other', 'instance'],
  'person.role_changed': ['entity', 'Update', 'person'],
  'person.imported': ['entity', 'Create', 'person'],
  'person.disabled': ['entity', 'Disable', 'person'],
  'person.enabled': ['entity', 'Enable', 'person'],
  'person.mailed': ['entity', 'Other', 'person'],
  'person.inactivity_notified': ['entity', 'Other', 'person'],
  'person.inactive_revoked': ['entity', 'Update', 'person'],
  'person.deletion_begun': ['entity', 'Other', 'person'],
  'person.deleted': ['entity', 'Delete', 'person'],
  'alert.opened': ['entity', 'Create', 'alert'],
  'alert.acknowledged': ['entity', 'Update', 'alert'],
  'alert.resolved': ['entity', 'Update', 'alert'],
  'alert.people_told': ['entity', 'Other', 'alert'],
  'webhook.created': ['entity', 'Create', 'webhook'],
  'webhook.changed': ['entity', 'Update', 'webhook'],
  'webhook.removed': ['entity', 'Delete', 'webhook'],
  'request.refused': ['api', 'Other'],
  'policy.violation_reported': ['api', 'Other'],
  'configuration.changed': ['entity', 'Update', 'configuration'],
  'vault.resealed': ['entity', 'Update', 'stored tokens'],
  'vault.key_rotated': ['entity', 'Create', 'vault key'],
  'vault.key_retired': ['entity', 'Disable', 'vault key'],
  'vault.key_destroyed': ['entity', 'Delete', 'vault key'],
  'vault.key_needed': ['entity', 'Other', 'vault key'],
  'vault.reseal_begun': ['entity', 'Other', 'vault key'],
  'vault.reseal_paused': ['entity', 'Suspend', 'vault key'],
  'vault.reseal_resumed': ['entity', 'Resume', 'vault key'],
  'vault.key_missing': ['entity', 'Other', 'vault key'],
  'ledger.exported': ['api', 'Read'],
  'ledger.export_written': ['api', 'Read'],
  'ledger.verified': ['entity', 'Read', 'ledger'],
};

/** Severities above *informational* (1), by what an operator must do. */
export const severities: Readonly<Partial<Record<LedgerAction, number>>> = {
  'token.theft_suspected': 5,
  'token.theft_possible': 4,
  'provider.stopped': 4,
  'instance.restored': 4,
  'vault.key_missing': 5,
  'alert.opened': 3,
  'review.missed': 3,
};
