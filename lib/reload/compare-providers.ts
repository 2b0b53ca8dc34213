import { isDeepStrictEqual } from 'node:util';
import type { ProviderCatalog } from '#lib/providers/catalog';
import type { ProviderRecord } from '#lib/providers/record';
import { Secret } from '#lib/providers/secret';

/** The difference of two catalogues: ids and names of fields, never a value. */
export interface ProviderChanges {
  added: string[];
  removed: string[];
  /** The changed fields of each provider that both have. */
  fields: Record<string, string[]>;
}

/** A value with its secrets in the clear, to be compared and thrown away: a secret hides what it is from comparisons. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return { secret: value.reveal() };
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, revealed(one)]));
}

function changedFields(before: ProviderRecord, now: ProviderRecord): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]) as Set<keyof ProviderRecord>;
  return [...names].filter((name) => !isDeepStrictEqual(revealed(before[name]), revealed(now[name]))).sort();
}

/** Compares two catalogues, secrets included. */
export function compareProviders(before: ProviderCatalog, now: ProviderCatalog): ProviderChanges {
  const fields: Record<string, string[]> = {};
  for (const record of now.list()) {
    const old = before.get(record.id);
    const changed = old ? changedFields(old, record) : [];
    if (changed.length > 0) fields[record.id] = changed;
  }
  const missingIn = (other: ProviderCatalog) => (record: ProviderRecord) => !other.get(record.id);
  return {
    added: now
      .list()
      .filter(missingIn(before))
      .map(({ id }) => id),
    removed: before
      .list()
      .filter(missingIn(now))
      .map(({ id }) => id),
    fields,
  };
}

/** Whether two catalogues say the same of every provider. */
export const isUnchanged = ({ added, removed, fields }: ProviderChanges): boolean =>
  added.length + removed.length + Object.keys(fields).length === 0;
