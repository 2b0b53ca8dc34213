import type { Role } from '#lib/context';
import type { EndingKind } from '#lib/db/schema/person-endings';

/** A person as administrators see them. */
export interface PersonView {
  id: string;
  name: string | null;
  email: string | null;
  provider: string;
  issuer: string;
  /** The application that knows them by its own ids; null: they sign in to the hub. */
  application: { id: string; name: string; tenant: string | null; user: string | null } | null;
  role: Role;
  /** The role comes from ADMIN_EMAILS and cannot be changed here. */
  roleFromConfig: boolean;
  status: 'active' | 'disabled';
  /** The work that still goes on in batches; null: nothing. */
  ending: EndingKind | null;
  /** Live connections. */
  connections: number;
  createdAt: Date;
  lastSignedInAt: Date | null;
}

/** A browser that is signed in, as its person or an administrator sees it. */
export interface SessionView {
  publicId: string;
  createdAt: Date;
  lastSeenAt: Date;
  ip: string | null;
  userAgent: string | null;
  /** True for the session that asks. */
  current: boolean;
}
