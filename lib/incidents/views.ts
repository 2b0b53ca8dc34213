import type { AlertDetailView } from '#lib/alerts/views';

/** An id with the name that it has today; `count` is in how many of the events it occurs. */
export interface Counted {
  id: string;
  /** Null where nothing better is known than the id. */
  name: string | null;
  count: number;
}

/** What of a kind an incident touches: how many different ones, and the most frequent few. */
export interface Among {
  total: number;
  top: Counted[];
}

export type IncidentKind = 'services' | 'people' | 'connections' | 'providers' | 'networks' | 'actors';

/** What an alert is about, as the ledger tells it. */
export interface IncidentView extends Record<IncidentKind, Among> {
  alert: AlertDetailView;
  /** The events that its rule looks for; null for a rule about a state, of which the ledger has no entries. */
  events: {
    count: number;
    /** Only the newest of them were looked at. */
    capped: boolean;
    first: Date | null;
    last: Date | null;
  } | null;
}

/** The reads of one service at one provider from one network. */
export interface ReadsView {
  service: { id: string; name: string | null };
  provider: { id: string; name: string | null };
  /** A /24 or /48; null where the ledger has no address. */
  network: string | null;
  /** Tokens read, and calls refused, in each span of the picture. */
  reads: number[];
  refused: number[];
  first: Date;
  last: Date;
  /** Whether one of them belongs to the incident itself. */
  touched: boolean;
}

/** Who read what from where before, during and after an incident. */
export interface IncidentPictureView {
  /** What the reads are of: the alert's key, the touched connections, its provider, or the whole hub. */
  of: 'key' | 'connections' | 'provider' | 'hub';
  /** When each span began. */
  spans: Date[];
  spanMinutes: number;
  rows: ReadsView[];
  /** So many further services, providers and networks read less. */
  moreRows: number;
  /** From when on the reads are whole, where the newest were too many; null where all were counted. */
  wholeFrom: Date | null;
}
