import type { ResealState, VaultKeyKind } from '#lib/db/schema/vault-keys';
import type { KeyServiceState } from '#lib/vault-keys/data-keys';

/**
 * `seals`: new values are sealed with it. `announced`: it will, once every running process holds it. `opens`: older
 * values need it, or may. `retired`: nothing needed it when that was counted. `destroyed`: it cannot come back.
 * `missing`: this process does not hold it.
 */
export type VaultKeyState = 'seals' | 'announced' | 'opens' | 'retired' | 'destroyed' | 'missing';

/** A key of the vault. Never the key. */
export interface VaultKeyView {
  id: string;
  kind: VaultKeyKind;
  state: VaultKeyState;
  /** Stored values under it, by table and column, as they were counted last. */
  rows: Record<string, number>;
  values: number;
  countedAt: Date | null;
  firstUsedAt: Date | null;
  sealsFrom: Date | null;
  retiredAt: Date | null;
  destroyedAt: Date | null;
  /** Of a data key: the root keys that wrapped it. */
  wrappedBy: string[];
}

/** A root key. */
export interface KeyRootView {
  name: string;
  /** `wraps`: new data keys are wrapped by it. `unwraps`: it only opens. `unknown`: this process is not given it. */
  state: 'wraps' | 'unwraps' | 'unknown';
  /** Data keys that it wrapped and that are not destroyed. */
  dataKeys: number;
}

export interface VaultView {
  keys: VaultKeyView[];
  roots: KeyRootView[];
  service: KeyServiceState;
  /** Values under no known key; null where that was not counted just now. */
  unknown: Record<string, number> | null;
  /** The resealing that goes on or is paused; else the last one; null where none ever began. */
  reseal: ResealView | null;
}

/** A walk over the stored values that seals them anew. */
export interface ResealView {
  id: string;
  state: ResealState;
  /** The key that it seals with. */
  key: string;
  /** Connections that it has looked at in this walk, of about `total`. */
  seen: number;
  total: number;
  /** Rows of all tables. */
  resealed: number;
  /** Rows that did not open: they stay as they are. */
  skipped: number;
  startedBy: string;
  startedAt: Date;
  lastBatchAt: Date | null;
  finishedAt: Date | null;
}
