import type { Grant, Issue } from './authorization-server.ts';
import type { Acknowledged } from './callers.ts';

/** What the hub's database says of a grant in the end. */
export interface GrantRow {
  status: string;
  statusReason: string | null;
  /** The server takes the refresh token that is stored. */
  accepted: boolean;
}

/** All that was written down. */
export interface Evidence {
  grants: ReadonlyMap<string, Grant>;
  rows: ReadonlyMap<string, GrantRow>;
  given: readonly Acknowledged[];
  /** Request ids of vends in the ledger. */
  inLedger: ReadonlySet<string>;
  /** When each process was killed, by its name. */
  killed: ReadonlyMap<string, number>;
  /** When the way to the server was cut. */
  serverCuts: readonly number[];
}

/** What came of everything; `wrong` has a sentence for each thing that must not be. */
export interface Verdict {
  wrong: string[];
  /** Grants that ended since the answer died with the killed process, and with a connection that says so. */
  lostWithProcess: string[];
  /** The same where the answer was cut off on its way, or came later than the hub waits. */
  lostWithCut: string[];
  /** Of each lost grant, when the spent token was shown again: ms after the first time. The last one ended it. */
  shownAgain: Record<string, number[]>;
  /** Tokens that callers were given, each known to the server and to the ledger. */
  acknowledged: number;
}

/** The hub waits 10 s for an exchange; an answer that is written so late is one that it does not hear. */
const tooLateMs = 9000;

/** How long before a cut an answer may have been written that never arrived, and a request that arrived after a kill; ms. */
const onItsWayMs = 1000;

function fateOf(
  { cut, at, process, answeredAfterMs }: Issue,
  { killed, serverCuts }: Evidence,
): 'killed' | 'cut' | 'living' {
  if ((killed.get(process) ?? Number.NEGATIVE_INFINITY) >= at - onItsWayMs) return 'killed';
  const late = (answeredAfterMs ?? 0) > tooLateMs;
  return cut || late || serverCuts.some((cutAt) => cutAt >= at && cutAt - at < onItsWayMs) ? 'cut' : 'living';
}

/** The last that was issued, and what the row says. */
const told = (grant: Grant, row: GrantRow) => JSON.stringify([row, grant.ending, grant.issues.slice(-4)]);

/** Compares what the server issued with what the callers were given and what the hub says. */
export function judge(evidence: Evidence): Verdict {
  const { grants, rows, given, inLedger } = evidence;
  const verdict: Verdict = {
    wrong: [],
    lostWithProcess: [],
    lostWithCut: [],
    shownAgain: {},
    acknowledged: given.length,
  };
  const wrong = (what: string) => void verdict.wrong.push(what);
  const acknowledged = new Set(given.map(({ accessToken }) => accessToken));
  for (const { requestId, grant, accessToken, askedAt } of given) {
    if (!inLedger.has(requestId)) wrong(`${requestId}: a token was given that the ledger does not know`);
    // The first token was stored by the benchmark and never asked for.
    const issue = grants.get(grant)?.issues.find((one) => one.accessToken === accessToken);
    if (!issue) wrong(`${grant}: a token was given that the server did not issue for it`);
    else if (issue.expiresAt < askedAt) wrong(`${grant}: a token was given that had expired before it was asked for`);
  }
  for (const grant of grants.values()) {
    const row = rows.get(grant.name);
    if (!row) {
      wrong(`${grant.name}: its row is gone`);
      continue;
    }
    if (!grant.ending) {
      if (row.status !== 'connected') wrong(`${grant.name}: given up while it lives (${row.statusReason})`);
      else if (!row.accepted) wrong(`${grant.name}: alive, and its newest token is in no row`);
      continue;
    }
    const { shown, process } = grant.ending;
    const successors = grant.issues.filter((issue) => issue.shown === shown);
    const fates = successors.map((issue) => fateOf(issue, evidence));
    if (successors.some(({ accessToken }) => acknowledged.has(accessToken)))
      wrong(`${grant.name}: ended by ${process}, which showed a token whose successor a caller had been given`);
    else if (fates.includes('living'))
      wrong(`${grant.name}: ended by ${process} although a successor was with one that lived: ${told(grant, row)}`);
    else if (row.status !== 'needs_reconnect' || row.statusReason !== 'answer_lost')
      wrong(`${grant.name}: its answer was lost, and its connection says ${row.status} ${row.statusReason}`);
    else {
      (fates.includes('cut') ? verdict.lostWithCut : verdict.lostWithProcess).push(grant.name);
      const [first = 0, ...more] = [...successors.map(({ at }) => at), grant.ending.at];
      verdict.shownAgain[grant.name] = more.map((at) => at - first);
    }
  }
  return verdict;
}
