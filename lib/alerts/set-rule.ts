import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import type { Rule } from '#lib/alerts/rule';
import { limitsOf, numbersOf, withNumbers } from '#lib/alerts/rule-numbers';
import { ruleOf } from '#lib/alerts/rules';
import { levelsOf } from '#lib/alerts/transition';
import type { Context } from '#lib/context';
import { lockFor } from '#lib/db/advisory-locks';
import type { Db } from '#lib/db/database';
import { alertRules } from '#lib/db/schema/alerts';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

export const setRuleInput = z.object({
  rule: z.string().min(1).max(64),
  /** By name. Numbers without a name here stay as they are set. */
  numbers: z.record(z.string().max(64), z.number()),
});
export type SetRuleInput = z.input<typeof setRuleInput>;

const ruleId = setRuleInput.pick({ rule: true });
export type RuleId = z.input<typeof ruleId>;

function loadRule(id: string): Rule {
  const rule = ruleOf(id);
  if (!rule) throw new AppError('not_found');
  return rule;
}

/** Every fault at once, each under the name of its number. */
function check(rule: Rule, numbers: Readonly<Record<string, number>>): void {
  const names = numbersOf(rule).map(({ name }) => name);
  const issues = Object.entries(numbers).flatMap(([path, value]) => {
    const name = names.find((one) => one === path);
    if (!name) return [{ path, message: 'This rule has no such number' }];
    const { least, most } = limitsOf(rule, name);
    const within = Number.isInteger(value) && value >= least && value <= most;
    return within ? [] : [{ path, message: `Write a whole number from ${least} to ${most.toLocaleString('en-US')}` }];
  });
  const { opens, holds } = levelsOf(withNumbers(rule, numbers));
  if (issues.length === 0 && holds > opens)
    issues.push({ path: 'holdsAt', message: `It cannot take more to stay open than to open, which is ${opens}` });
  if (issues.length > 0) throw new AppError('invalid_request', { issues });
}

const plain = (rule: Rule) => Object.fromEntries(numbersOf(rule).map(({ name, value }) => [name, value]));

/** Writes what differs from the rule's own numbers, and what was changed into the ledger; nothing where nothing was. */
async function store(ctx: Context, rule: Rule, numbersFor: (set: Record<string, number>) => Record<string, number>) {
  await transactAs(ctx, async (tx) => {
    // An unchanged rule has no row to lock.
    await lockFor(tx, 'alert_rules');
    const before = withNumbers(rule, await readSet(tx, rule.id));
    const wanted = numbersFor(plain(before));
    check(rule, wanted);
    const changed = numbersOf(before).filter(({ name, value }) => wanted[name] !== value);
    if (changed.length === 0) return;
    const numbers = Object.fromEntries(
      numbersOf(rule).flatMap(({ name, value }) =>
        wanted[name] === undefined || wanted[name] === value ? [] : [[name, wanted[name]]],
      ),
    );
    const row = { rule: rule.id, numbers, changedAt: sql`clock_timestamp()`, changedBy: actorId(ctx.actor) ?? '' };
    if (Object.keys(numbers).length === 0) await tx.delete(alertRules).where(eq(alertRules.rule, rule.id));
    else await tx.insert(alertRules).values(row).onConflictDoUpdate({ target: alertRules.rule, set: row });
    await record(tx, ctx, {
      action: 'configuration.changed',
      details: {
        alert_rule: rule.id,
        from: changed.map(({ name, value }) => `${name}=${value}`),
        to: changed.map(({ name }) => `${name}=${wanted[name]}`),
      },
    });
  });
}

async function readSet(tx: Db, id: string): Promise<Record<string, number>> {
  const [row] = await tx
    .select({ numbers: alertRules.numbers })
    .from(alertRules)
    .where(eq(alertRules.rule, id))
    .for('update');
  return row?.numbers ?? {};
}

/**
 * Sets numbers of a rule, from the next look on. They could silence it, so this needs a sign-in of the last minutes.
 * @throws AppError `forbidden` unless an administrator asks, `step_up_required`, `not_found`, `invalid_request`
 */
export async function setRule(ctx: Context, input: SetRuleInput): Promise<void> {
  requireAdministrator(ctx);
  await requireStepUp(ctx);
  const { rule: id, numbers } = parseInput(setRuleInput, input);
  await store(ctx, loadRule(id), (set) => ({ ...set, ...numbers }));
}

/**
 * Gives a rule its own numbers again, which may be less strict than the set ones.
 * @throws AppError `forbidden` unless an administrator asks, `step_up_required`, `not_found`
 */
export async function resetRule(ctx: Context, input: RuleId): Promise<void> {
  requireAdministrator(ctx);
  await requireStepUp(ctx);
  const rule = loadRule(parseInput(ruleId, input).rule);
  await store(ctx, rule, () => plain(rule));
}
