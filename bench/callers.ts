import { ask, startProgram } from './processes.ts';
import type { Stage } from './stage.ts';

/** What callers are told to do. Callers and paths are dealt out over the origins in turn. */
export interface CallersOrder {
  origins: readonly string[];
  paths: readonly string[];
  headers: Record<string, string>;
  callers: number;
  /** Calls again and again for so long; without it each caller calls once. */
  seconds?: number;
}

export interface CallersAnswer {
  /** From the first call to the last answer. */
  lastMs: number;
  /** How many answers of each status, with the code of a refusal beside it. */
  answers: Record<string, number>;
  /** The different access tokens that were answered. */
  tokens: string[];
}

/** Starts callers; they keep their connections from one order to the next. */
export async function startCallers(stage: Stage): Promise<(order: CallersOrder) => Promise<CallersAnswer>> {
  const { child } = await startProgram(stage, 'bench/programs/callers.ts');
  return (order) => ask<CallersAnswer>(child, order);
}
