export * from '#lib/db/schema/alerts';
export * from '#lib/db/schema/api-keys';
export * from '#lib/db/schema/bulk-revocations';
export * from '#lib/db/schema/connection-search';
export * from '#lib/db/schema/connection-uses';
export * from '#lib/db/schema/connections';
export * from '#lib/db/schema/counts';
<<<<<<< HEAD
export * from '#lib/db/schema/flow-traces';
=======
export * from '#lib/db/schema/flows';
>>>>>>> 4061d18 (flows: keep in the cookie only what binds a flow to its browser)
export * from '#lib/db/schema/freezes';
export * from '#lib/db/schema/instance';
export * from '#lib/db/schema/jobs';
export * from '#lib/db/schema/ledger';
export * from '#lib/db/schema/ledger-seals';
export * from '#lib/db/schema/people';
export * from '#lib/db/schema/person-endings';
export * from '#lib/db/schema/processes';
export * from '#lib/db/schema/provider-checks';
export * from '#lib/db/schema/provider-stops';
export * from '#lib/db/schema/rate-limits';
export * from '#lib/db/schema/revocations';
export * from '#lib/db/schema/sessions';
export * from '#lib/db/schema/vault-keys';
export * from '#lib/db/schema/webhooks';
