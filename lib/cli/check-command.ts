import { playbookLines } from '#lib/checks/check';
import { checkOf } from '#lib/checks/list';
import { runChecks } from '#lib/checks/run-checks';
import { playScenarios } from '#lib/checks/scenarios';
import type { Context } from '#lib/context';

/** `check [provider] [--json]`: runs the security checks, of one provider or of all and the hub. */
export interface CheckCommand {
  provider: string | null;
}

/** Runs the checks and answers a line for each result. @throws AppError as `runChecks` */
export async function runCheckCommand(ctx: Context, { provider }: CheckCommand): Promise<Record<string, unknown>[]> {
  const results = await runChecks(ctx, provider === null ? {} : { provider });
  return results.map(({ check, provider: of, result, lookedAt, found, mend }) => ({
    check,
    provider: of,
    result,
    looked_at: lookedAt,
    found,
    mend,
  }));
}

/** Plays the failure scenarios and answers a line for each, with its requests and answers. @throws AppError as `playScenarios` */
export async function runScenarios(ctx: Context, provider: string): Promise<Record<string, unknown>[]> {
  const views = await playScenarios(ctx, { provider });
  return [
    ...views.map(({ id, name, result, server, hub, steps }) => ({ scenario: id, name, result, server, hub, steps })),
    {
      scenario: 'code_twice',
      name: 'A code used twice',
      result: 'unknown',
      server: 'It was not asked: this scenario needs a sign-in. Begin it on the page of the provider.',
      hub: 'It takes each code once.',
      steps: [],
    },
  ];
}

/** The scenarios for a person to read. The requests and answers stand in the JSON. */
export function scenariosText(lines: readonly Record<string, unknown>[]): string {
  const blocks = lines.map(({ name, result, server, hub }) =>
    [`${marks[String(result)]}  ${name}`, `         the server: ${server}`, `         the hub: ${hub}`].join('\n'),
  );
  return `${blocks.join('\n\n')}\n`;
}

const marks: Record<string, string> = {
  passes: 'passes ',
  fails: 'FAILS  ',
  unknown: 'unknown',
  not_promised: 'not ours',
};
const urgency = ['passes', 'not_promised', 'unknown', 'fails'];

/** The results for a person to read: failures last, where the eye is. */
export function checksText(lines: readonly Record<string, unknown>[]): string {
  const sorted = lines.toSorted((a, b) => urgency.indexOf(String(a.result)) - urgency.indexOf(String(b.result)));
  const blocks = sorted.map(({ check: id, provider, result, looked_at, found, mend }) => {
    const check = checkOf(String(id));
    const name = check ? `${check.name}: ${playbookLines[check.line]}` : String(id);
    const rest = [found, mend && `→ ${mend}`, `looked at ${looked_at}`].filter(Boolean);
    const head = `${(marks[String(result)] ?? '').padEnd(8)}  ${provider ?? 'this hub'}, ${name}`;
    return [head, ...rest.map((text) => `${' '.repeat(10)}${text}`)].join('\n');
  });
  const count = (result: string) => lines.filter((line) => line.result === result).length;
  const sum = `${count('passes')} pass, ${count('fails')} fail, ${count('unknown')} cannot be known, ${count('not_promised')} are not ours to promise.`;
  return `${[...blocks, sum].join('\n\n')}\n`;
}
