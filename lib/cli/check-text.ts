import { type CheckId, checkNames } from '#lib/provider-check/report';

const marks: Record<string, string> = { passes: 'passes ', fails: 'FAILS  ', unknown: 'unknown' };

/** The findings of a provider's check, for a person to read: failures last, where the eye is. */
export function checkText(lines: readonly Record<string, unknown>[]): string {
  const urgency = ['passes', 'unknown', 'fails'];
  const sorted = lines.toSorted((a, b) => urgency.indexOf(String(a.result)) - urgency.indexOf(String(b.result)));
  const blocks = sorted.map(({ check, result, looked_at, found, mend, record_line }) => {
    const indent = ' '.repeat(9);
    const name = checkNames[String(check) as CheckId] ?? String(check);
    const rest = [looked_at, found, mend && `→ ${mend}`, record_line && `  ${record_line}`].filter(Boolean);
    return [`${marks[String(result)] ?? result}  ${name}`, ...rest.map((text) => `${indent}${text}`)].join('\n');
  });
  const count = (result: string) => lines.filter((line) => line.result === result).length;
  const sum = `${count('passes')} pass, ${count('fails')} fail, ${count('unknown')} cannot be known.`;
  return `${[...blocks, sum].join('\n\n')}\n`;
}
