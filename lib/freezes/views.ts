import type { FreezeScope } from '#lib/db/schema/freezes';

export type { FreezeScope };

/** The actor that set or lifted a freeze: a person, or a part of our own such as the command line. */
export interface ActingView {
  id: string;
  /** Null where nothing better is known than the id. */
  name: string | null;
}

/** A freeze as pages and the command line show it. */
export interface FreezeView {
  id: string;
  scope: FreezeScope;
  /** The id of the frozen object; empty for everything. */
  target: string;
  /** The name that people know it by, looked up as it is shown; null where nothing better is known than the id. */
  targetName: string | null;
  reason: string;
  createdBy: ActingView;
  createdAt: Date;
  /** Null while it stands. */
  lifted: { by: ActingView; at: Date; reason: string | null } | null;
}
