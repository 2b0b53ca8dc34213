import type { personJson } from '#lib/connections/its-person';
import type { ProofView } from '#lib/connections/views';
import type { BulkRowState, BulkState } from '#lib/db/schema/bulk-revocations';
import type { RevocationState } from '#lib/db/schema/revocations';

/** A bulk revocation in the list of them. */
export interface BulkView {
  id: string;
  state: BulkState;
  /** The criteria that found its rows, as they were asked for. */
  criteria: Record<string, string | number>;
  /** Of the person and the API key among them, resolved now. */
  names: { person: string | null; key: string | null };
  total: number;
  createdAt: Date;
  reason: string | null;
  /** The administrator who began it, or who prepared it where it was not begun; the name resolved now. */
  by: { id: string; name: string | null };
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** How far it has come. */
export interface BulkProgress {
  here: Record<BulkRowState, number>;
  /** Of the rows that were revoked here. */
  upstream: Record<RevocationState, number>;
  /** Of the rows that are revoked at their providers. */
  proof: { proved: number; still_accepted: number; due: number; not_provable: number };
}

/** Live connections outside of a selection that end with it, since revoking one ends all of an account. */
export interface BulkBlastRadiusView {
  count: number;
  /** The first of them. */
  connections: { id: string; label: string; person: { id: string; name: string | null } }[];
}

/** The part of it at one provider. */
export interface BulkProviderView {
  id: string;
  name: string;
  count: number;
  /** False: the provider takes no word from other sites; each person ends the grant at `manualUrl`. */
  supported: boolean;
  manualUrl: string | null;
  /** Its blast radius; none once it has begun. */
  blastRadius: BulkBlastRadiusView;
  /** Whether those end surely (`account`) or may end (`grant`). */
  radius: 'token' | 'grant' | 'account';
}

/** One bulk revocation with all there is to say of it as a whole. */
export interface BulkDetailView extends BulkView {
  people: number;
  /** Before it is begun: grants that wait for their application and will end too. */
  waitingGrants: number;
  providers: BulkProviderView[];
  progress: BulkProgress;
  /** False while anything may still change without anybody asking. */
  settled: boolean;
}

/** The course of one connection. */
export interface BulkRowView {
  connectionId: string;
  provider: { id: string; name: string };
  person: { id: string; name: string | null };
  /** The person, so that an application finds its user. */
  identity: ReturnType<typeof personJson>;
  label: string;
  /** When the connection was made, or made again, and last read. */
  connectedAt: Date;
  lastUsedAt: Date | null;
  state: BulkRowState;
  code: string | null;
  doneAt: Date | null;
  upstream: {
    state: RevocationState;
    attempts: number;
    lastErrorCode: string | null;
    finishedAt: Date | null;
    manualUrl: string | null;
    proof: ProofView;
  } | null;
}
