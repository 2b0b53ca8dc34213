import { z } from 'zod';
import { type LedgerEntryView, listLedger } from '#lib/audit/list-ledger';
import { answeredCode } from '#lib/authorization/protocol-error';
import { listConnections } from '#lib/connections/list';
import type { AdminConnectionView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { type EndingStep, type ErrorAdvice, errorAdvice } from '#lib/error-advice';
import { errorCodes } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import { type ProviderErrorAdvice, providerErrorAdvice } from '#lib/provider-error-advice';
import { providerErrorSentence } from '#lib/provider-errors';

export const requestStoryInput = z.object({ reference: z.string().regex(/^(?:req|err)_[0-9a-hjkmnp-tv-z]{16}$/) });

/** What was tried, as far as the entries say. */
export type Tried = 'sign_in' | 'step_up' | 'connect' | 'reconnect' | 'read' | 'refresh' | null;

/** A code with its sentence and its advice. */
interface Told<Advice> {
  code: string;
  sentence: string | null;
  advice: Advice | null;
}

/** All that the ledger knows of one request, and the present state of what it was about. */
export interface RequestStory {
  reference: string;
  /** The newest first. */
  entries: LedgerEntryView[];
  /** The entry that tells how it ended; null where the ledger has none of this request. */
  end: LedgerEntryView | null;
  tried: Tried;
  /** Null where it went well. */
  refusal: Told<ErrorAdvice> | null;
  /** The provider's own code, where it gave one. */
  providerSaid: Told<ProviderErrorAdvice> | null;
  /** The accounts of the person at that provider now. */
  now: AdminConnectionView[];
}

const mostEntries = 50;
/** Steps of a flow in their order, for showing how far it came. */
export const flowSteps = ['request', 'provider', 'answer', 'exchange', 'account'] as const satisfies EndingStep[];

const intents: readonly Tried[] = ['sign_in', 'step_up', 'connect', 'reconnect'];
const triedBy: Readonly<Record<string, Tried>> = {
  'token.vended': 'read',
  'token.denied': 'read',
  'token.refreshed': 'refresh',
  'token.refresh_failed': 'refresh',
  'connection.created': 'connect',
  'connection.reconnected': 'reconnect',
  'flow.refused': 'connect',
  'sign_in.completed': 'sign_in',
  'sign_in.refused': 'sign_in',
};

function triedIn(entries: readonly LedgerEntryView[]): Tried {
  const intent = entries.map(({ details }) => details.intent).find((one) => one !== undefined);
  return intents.find((one) => one === intent) ?? entries.map(({ action }) => triedBy[action]).find(Boolean) ?? null;
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

function providerSaid(entries: readonly LedgerEntryView[]): RequestStory['providerSaid'] {
  const told = entries.find(({ details }) => textOf(details.provider_error) ?? textOf(details.provider_subcode));
  if (!told) return null;
  const [exact, general] = [textOf(told.details.provider_subcode), textOf(told.details.provider_error)];
  const code = exact ?? general ?? '';
  return {
    code,
    sentence: providerErrorSentence(exact) ?? providerErrorSentence(general),
    advice: providerErrorAdvice(exact, general),
  };
}

/** The ledger's code is the more exact one; its sentence is that of the answer. */
function refusalOf({ code, outcome }: LedgerEntryView): RequestStory['refusal'] {
  if (outcome === 'ok') return null;
  const answered = code === null ? null : answeredCode(code);
  return {
    code: code ?? outcome,
    sentence: answered && errorCodes[answered][1],
    advice: answered && errorAdvice[answered],
  };
}

/**
 * The story of a request by the reference that its person was shown. For administrators and auditors.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request` for another form of text
 */
export async function tellRequest(ctx: Context, input: { reference: string }): Promise<RequestStory> {
  requireReader(ctx);
  const { reference } = parseInput(requestStoryInput, input);
  const { items: entries } = await listLedger(ctx, { requestId: reference, limit: mostEntries });
  // What failed says more than what went well before or after it.
  const end = entries.find(({ outcome }) => outcome !== 'ok') ?? entries[0] ?? null;
  const now =
    end?.person && end.provider
      ? (await listConnections(ctx, { personId: end.person.id, provider: end.provider, limit: 5 })).items
      : [];
  return {
    reference,
    entries,
    end,
    tried: triedIn(entries),
    refusal: end && refusalOf(end),
    providerSaid: providerSaid(entries),
    now,
  };
}
