/** A test, as `<file> > <the beginning of its title, or of the title of a group around it>`. */
export type TestName = `${string}.${'test.ts' | 'test.tsx' | 'spec.ts'} > ${string}`;

/** A file of this repository, and where it helps the name of a declaration in it. */
export type CodePlace = string | `${string}#${string}`;

interface ClauseBase {
  /** The number of the section or requirement; a letter where one section asks for several things. */
  id: string;
  /** `must` also stands for a verification requirement that has no softer form. */
  level: 'must' | 'should';
  /** What the clause asks of us, in our own words. */
  asks: string;
}

/** The code does it, and tests prove it. */
export interface MetClause extends ClauseBase {
  state: 'met';
  code: readonly [CodePlace, ...CodePlace[]];
  tests: readonly [TestName, ...TestName[]];
  /** A remark on how it is met. */
  reason?: string;
}

/** A part is missing, or no test proves the whole. */
export interface PartlyMetClause extends ClauseBase {
  state: 'partly';
  code: readonly [CodePlace, ...CodePlace[]];
  tests: readonly TestName[];
  /** The missing part, and why it is missing. */
  reason: string;
}

/** The hub does not do it, or somebody else has to: the operator, the provider, the services. */
export interface OpenClause extends ClauseBase {
  state: 'not_met' | 'not_ours';
  code?: readonly CodePlace[];
  tests?: readonly TestName[];
  reason: string;
}

export type Clause = MetClause | PartlyMetClause | OpenClause;
export type ClauseState = Clause['state'];

export const clauseStates = ['met', 'partly', 'not_met', 'not_ours'] as const satisfies readonly ClauseState[];

/** The words for each state, on the page and in docs/conformance.md. */
export const stateWords: Record<ClauseState, string> = {
  met: 'Met',
  partly: 'Partly met',
  not_met: 'Not met',
  not_ours: 'Not ours',
};

/** A specification, and each of its clauses that binds this product. */
export interface Specification {
  /** As in addresses: `rfc9207`. */
  id: string;
  /** As people say it: `RFC 9207`. */
  name: string;
  title: string;
  url: string;
  /** Which clauses stand here, and which are left out. */
  scope: string;
  clauses: readonly Clause[];
}
