import type { IncomingMessage } from 'node:http';
import { readText } from '#demo/form';
import { label, page } from '#demo/odd/front';
import type { Answer, Oddity } from '#demo/odd/oddity';
import { linesOf } from '#demo/odd/record';
import type { Odd } from '#demo/odd/server';
import { goTogether, oddities } from '#demo/odd/table';
import { faultPage, page as framed, html } from '#demo/pages';

/** The first two of these that touch the same part of the server; null where all go together. */
export function clash(chosen: readonly Oddity[]): [Oddity, Oddity] | null {
  for (const [at, one] of chosen.entries()) {
    const other = chosen.slice(at + 1).find((two) => !goTogether(one, two));
    if (other) return [one, other];
  }
  return null;
}

const isIn = (record: Readonly<Record<string, unknown>>, name: string, value: unknown): boolean =>
  JSON.stringify(record[name]) === JSON.stringify(value);

/** The lines that a row needs and the record of the running app does not have, folded: some are very long. */
function missingLines(odd: Odd, oddity: Oddity, record: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(linesOf(odd, [oddity])).filter(([name, value]) => !isIn(record, name, value));
  if (lines.length === 0) return '';
  const names = lines.map(([name]) => name).join(', ');
  return `<details><summary>The record lacks ${html(names)}</summary>
<code>${html(JSON.stringify(Object.fromEntries(lines)))}</code></details>`;
}

function switchesPage(odd: Odd, record: Readonly<Record<string, unknown>>, fault: string | null): string {
  const rows = oddities.map((oddity) => {
    const checked = odd.on.has(oddity) ? ' checked' : '';
    return `<li><label><input type="checkbox" name="on" value="${html(oddity.name)}"${checked}>
<span>${html(oddity.does)}<code>${html(oddity.name)}, ${html(oddity.cases.join(', '))}</code></span></label>
${missingLines(odd, oddity, record)}</li>`;
  });
  const alert = fault === null ? '' : `<p role="alert">${html(fault)}</p>`;
  return framed(
    label,
    'What Odd does otherwise',
    `<p>Each row is something that some server does. Where the app's record lacks lines for a row, the page shows them.
This command starts the demo with a record that has them:
<code>npm run demo -- --odd ${html([...odd.on].map(({ name }) => name).join(',') || 'a_row,another_row')}</code></p>${alert}
<form method="post" action="/switches"><ul>${rows.join('\n')}</ul><button class="main">Switch</button></form>`,
  );
}

/** Without a referrer policy that names the origin to itself, browsers send `Origin: null` with the form. */
function own(status: number, body: string): Answer {
  const answer = page(status, body);
  return { ...answer, headers: { ...answer.headers, 'referrer-policy': 'same-origin' } };
}

/**
 * The page of Odd's switches, at its root. A form of another site changes nothing.
 * @param record what the app was told of Odd
 */
export const switchesOf =
  (record: () => Readonly<Record<string, unknown>>) =>
  async (request: IncomingMessage, url: URL, odd: Odd): Promise<Answer | null> => {
    if (url.pathname === '/' && request.method === 'GET') return own(200, switchesPage(odd, record(), null));
    if (url.pathname !== '/switches' || request.method !== 'POST') return null;
    if (request.headers.origin !== odd.origin)
      return page(403, faultPage(label, 'Nothing was switched', ['The form came from another page.']));
    const names = new URLSearchParams(await readText(request)).getAll('on');
    const chosen = oddities.filter(({ name }) => names.includes(name));
    const clashing = clash(chosen);
    if (clashing) {
      const [one, other] = clashing;
      const both = one.touches.filter((part) => other.touches.includes(part)).join(', ');
      return own(409, switchesPage(odd, record(), `${one.name} and ${other.name} do not go together: ${both}.`));
    }
    odd.on.clear();
    for (const oddity of chosen) odd.on.add(oddity);
    return { status: 303, headers: { location: '/', 'cache-control': 'no-store' }, body: '', format: 'json' };
  };
