import { customType, timestamp } from 'drizzle-orm/pg-core';

/** A moment, kept to the millisecond that a JavaScript Date can hold. */
export const instant = () => timestamp({ withTimezone: true, precision: 3, mode: 'date' });

/** Bytes as they are. */
export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });
