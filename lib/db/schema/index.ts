export * from '#lib/db/schema/api-keys';
export * from '#lib/db/schema/connections';
export * from '#lib/db/schema/consumed-states';
export * from '#lib/db/schema/ledger';
export * from '#lib/db/schema/people';
export * from '#lib/db/schema/rate-limits';
export * from '#lib/db/schema/revocations';
export * from '#lib/db/schema/sessions';
