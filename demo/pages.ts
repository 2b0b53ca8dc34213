import { createHash } from 'node:crypto';
import type { KnownPerson } from '#demo/people';

const style = `
:root { color-scheme: light dark; --page: #f4f4f5; --card: #ffffff; --ink: #18181b; --soft: #52525b; --line: #d4d4d8;
  --main: #1d4ed8; --on-main: #ffffff; --note: #fef3c7; --on-note: #78350f; }
@media (prefers-color-scheme: dark) { :root { --page: #111113; --card: #1c1c1f; --ink: #f4f4f5; --soft: #b4b4bb;
  --line: #3f3f46; --main: #93b4ff; --on-main: #0b1437; --note: #3b2a07; --on-note: #fde68a; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--page); color: var(--ink); line-height: 1.5;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.note { background: var(--note); color: var(--on-note); padding: .6rem 1rem; text-align: center; font-size: .9rem; }
main { width: min(27rem, 100% - 2rem); margin: 2rem auto; padding: 1.75rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .75rem; }
h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.3; }
p { margin: 0 0 1.25rem; color: var(--soft); overflow-wrap: anywhere; }
form { display: grid; gap: .75rem; }
hr { border: 0; border-top: 1px solid var(--line); margin: 1.5rem 0; }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1rem; border-radius: .5rem; cursor: pointer;
  border: 1px solid var(--line); background: transparent; color: var(--ink); }
button.main { background: var(--main); border-color: var(--main); color: var(--on-main); }
button:hover { filter: brightness(1.08); } button:not(.main):hover { background: var(--page); }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
label { display: block; font-weight: 600; }
input[type=text] { font: inherit; width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border-radius: .5rem;
  border: 1px solid var(--soft); background: var(--page); color: var(--ink); }
ul { margin: 0 0 .5rem; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: .5rem; }
li { padding: .65rem .8rem; } li + li { border-top: 1px solid var(--line); }
li span { min-width: 0; overflow-wrap: anywhere; } details { margin: .35rem 0 0 1.8rem; font-size: .9em; } summary { cursor: pointer; overflow-wrap: anywhere; }
li label { display: flex; gap: .65rem; font-weight: 400; } li input { width: 1.15rem; height: 1.15rem; margin: .2rem 0 0; flex: none; }
::placeholder { color: var(--soft); opacity: 1; }
code { font-size: .85em; color: var(--soft); overflow-wrap: anywhere; display: block; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
a { color: var(--main); }
`;

const styleHash = createHash('sha256').update(style).digest('base64');
/** No `form-action`: Chromium would apply it to the redirects after the form, which lead to the app. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; base-uri 'none'; frame-ancestors 'none'`;

export interface Label {
  title: string;
  /** The sentence that says which server this stands in for. */
  sentence: string;
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const html = (text: string) => text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? character);

export function page(label: Label, heading: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(heading)} - ${html(label.title)} (demo)</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body><header class="note">${html(label.sentence)}</header>
<main><h1>${html(heading)}</h1>
${body}
</main></body></html>`;
}

export interface AccountPage {
  client: string;
  people: readonly KnownPerson[];
  action: string;
  signInOnly: boolean;
  /** Set when the field was sent empty. */
  fault: string | null;
}

/** Choosing an account: one button each, and a field for anybody else. */
export function accountPage(label: Label, view: AccountPage): string {
  const buttons = view.people
    .map(({ name, email, button }, index) => {
      const text = button ?? `Continue as ${name}`;
      return `<button${index === 0 ? ' class="main"' : ''} name="account" value="${html(email)}">${html(text)}</button>`;
    })
    .join('\n');
  const other = view.signInOnly ? 'Another user' : 'Another account';
  const fault = view.fault ? `<p role="alert">${html(view.fault)}</p>` : '';
  return page(
    label,
    view.signInOnly ? `Sign in to ${view.client}` : 'Choose an account',
    `<p>${view.signInOnly ? 'Choose who you are. This demo asks for no password.' : `To continue to ${html(view.client)}.`}</p>
${fault}<form method="post" action="${html(view.action)}">${buttons}</form>
<hr>
<form method="post" action="${html(view.action)}"><label for="other">${other}</label>
<input type="text" id="other" name="account" maxlength="80" autocomplete="off" spellcheck="false" placeholder="A name or an e-mail address">
<button>Use this ${view.signInOnly ? 'name' : 'account'}</button></form>
<hr>
<form method="post" action="${html(view.action)}"><button name="decision" value="deny">Cancel</button></form>`,
  );
}

export interface ConsentPage {
  client: string;
  person: { name: string; email: string };
  scopes: { name: string; words: string }[];
  granular: boolean;
  action: string;
  back: string;
}

/** The consent page: the requested scopes, Allow and Deny. */
export function consentPage(label: Label, view: ConsentPage): string {
  const rows = view.scopes
    .map(({ name, words }) => {
      const text = `<span>${html(words)}<code>${html(name)}</code></span>`;
      if (!view.granular) return `<li>${text}</li>`;
      return `<li><label><input type="checkbox" name="scope" value="${html(name)}" checked>${text}</label></li>`;
    })
    .join('\n');
  const list = rows === '' ? '<p>It asks for public information only.</p>' : `<ul>${rows}</ul>`;
  return page(
    label,
    `${view.client} wants to use your ${label.title} account`,
    `<p>You are ${html(view.person.name)} (${html(view.person.email)}). <a href="${html(view.back)}">Use another account</a></p>
<form method="post" action="${html(view.action)}">${list}
<div class="pair"><button name="decision" value="deny">Deny</button><button class="main" name="decision" value="allow">Allow</button></div></form>`,
  );
}

export function faultPage(label: Label, heading: string, lines: readonly string[]): string {
  return page(label, heading, lines.map((line) => `<p>${html(line)}</p>`).join('\n'));
}
