import type { InteractionResults } from 'oidc-provider';
import { readText } from '#demo/form';
import type { Ctx, Namesake, ServerParts } from '#demo/namesake';
import { accountPage, consentPage, faultPage, type Label, pagePolicy } from '#demo/pages';
import { findPerson, type Person, personFrom, rememberPerson } from '#demo/people';

type Details = Awaited<ReturnType<ServerParts['provider']['interactionDetails']>>;

export function labelOf(namesake: Namesake): Label {
  const sentence = namesake.signInOnly
    ? 'Demo authorization server: for trying things out, with made-up people'
    : `Demo authorization server standing in for ${namesake.title}`;
  return { title: namesake.title, sentence };
}

/** What a person sees who opens a demo server's address by hand. */
export function frontPage(ctx: Ctx, namesake: Namesake): boolean {
  if (ctx.path !== '/' || ctx.method !== 'GET') return false;
  const lines = [
    'Applications send people here to connect an account or to sign in. There is nothing to do otherwise.',
  ];
  showPage(ctx, 200, faultPage(labelOf(namesake), `The ${namesake.title} demo server is running`, lines));
  return true;
}

export function showPage(ctx: Ctx, status: number, content: string): void {
  ctx.status = status;
  ctx.type = 'html';
  ctx.set('content-security-policy', pagePolicy);
  ctx.set('cache-control', 'no-store');
  ctx.set('referrer-policy', 'no-referrer');
  ctx.set('x-content-type-options', 'nosniff');
  ctx.body = content;
}

/** The pages between the authorization request and the callback: account, consent. False for other paths. */
export async function interactionPages(ctx: Ctx, namesake: Namesake, server: ServerParts): Promise<boolean> {
  const match = /^\/interaction\/([\w-]+)(\/consent)?$/.exec(ctx.path);
  if (!match || (ctx.method !== 'GET' && ctx.method !== 'POST')) return false;
  const label = labelOf(namesake);
  const details = await server.provider.interactionDetails(ctx.req, ctx.res).catch(() => null);
  if (!details || details.uid !== match[1]) {
    showPage(ctx, 400, faultPage(label, 'This request has ended', ['Go back to the application and start again.']));
    return true;
  }
  const view = { ctx, namesake, server, details, label };
  const form = ctx.method === 'POST' ? new URLSearchParams(await readText(ctx.req)) : null;
  if (form?.get('decision') === 'deny') {
    const { chosen } = details.result ?? {};
    await finish(view, { error: 'access_denied', error_description: 'The person did not agree.', chosen });
  } else if (match[2]) {
    await onConsent(view, form);
  } else {
    await onAccount(view, form);
  }
  return true;
}

interface View {
  ctx: Ctx;
  namesake: Namesake;
  server: ServerParts;
  details: Details;
  label: Label;
}

async function onAccount(view: View, form: URLSearchParams | null): Promise<void> {
  const { ctx, namesake, server, details } = view;
  if (!form) return showAccounts(view, null);
  const typed = personFrom(form.get('account') ?? '', namesake.people);
  if (!typed) return showAccounts(view, 'Type a name or an e-mail address.');
  const person: Person = { ...typed, subject: namesake.subject(typed.login, server.issuer) };
  rememberPerson(server.store, person);
  ctx.cookies.set(`demo-${namesake.id}-account`, Buffer.from(person.email).toString('base64url'), {
    httpOnly: true,
    sameSite: 'lax',
    maxAge: 30 * 24 * 3600 * 1000,
  });
  if (namesake.signInOnly) return agree(view, person, askedScopes(view));
  await server.provider.interactionResult(ctx.req, ctx.res, { chosen: person.subject });
  ctx.status = 303;
  ctx.redirect(`/interaction/${details.uid}/consent`);
}

function showAccounts({ ctx, namesake, details, label }: View, fault: string | null): void {
  const last = Buffer.from(ctx.cookies.get(`demo-${namesake.id}-account`) ?? '', 'base64url').toString();
  const hint = typeof details.params.login_hint === 'string' ? details.params.login_hint : '';
  const people = [...namesake.people];
  for (const text of [last, hint]) {
    const person = personFrom(text, namesake.people);
    if (!person || people.some(({ email }) => email === person.email)) continue;
    people.push({ name: person.name, email: person.email });
  }
  showPage(
    ctx,
    fault ? 422 : 200,
    accountPage(label, {
      client: 'Grantkeep',
      people,
      action: `/interaction/${details.uid}`,
      signInOnly: namesake.signInOnly,
      fault,
    }),
  );
}

async function onConsent(view: View, form: URLSearchParams | null): Promise<void> {
  const { ctx, namesake, server, details, label } = view;
  const chosen = details.result?.chosen;
  const person = typeof chosen === 'string' ? findPerson(server.store, chosen) : undefined;
  const back = `/interaction/${details.uid}`;
  if (!person) {
    ctx.status = 303;
    return ctx.redirect(back);
  }
  const asked = askedScopes(view);
  if (form?.get('decision') === 'allow') {
    const ticked = new Set(form.getAll('scope'));
    const hidden = (scope: string) => !Object.hasOwn(namesake.scopes, scope) || namesake.scopes[scope] === '';
    const granted = namesake.granular ? asked.filter((scope) => ticked.has(scope) || hidden(scope)) : asked;
    return agree(view, person, granted);
  }
  const scopes = asked
    .map((name) => ({ name, words: namesake.scopes[name] ?? '' }))
    .filter(({ words }) => words !== '');
  const action = `${back}/consent`;
  showPage(
    ctx,
    200,
    consentPage(label, { client: 'Grantkeep', person, scopes, granular: namesake.granular, action, back }),
  );
}

function askedScopes({ details, namesake }: View): string[] {
  const asked = String(details.params.scope ?? '').split(' ');
  return asked.filter((scope) => Object.hasOwn(namesake.scopes, scope));
}

/** Makes a grant of its own for this consent, so that revoking one connection leaves another alone. */
async function agree(view: View, person: Person, scopes: string[]): Promise<void> {
  const { namesake, server, details } = view;
  const clientId = String(details.params.client_id);
  makeRoom(view, person.subject);
  const grant = new server.provider.Grant({ accountId: person.subject, clientId });
  grant.addOIDCScope(scopes);
  const note = namesake.noteGrant?.(server, details.params, person.subject) ?? { offline: false };
  const grantId = await grant.save();
  server.store.set('GrantNote', grantId, note);
  await finish(view, { login: { accountId: person.subject }, consent: { grantId }, select_account: {} });
}

/** Ends the oldest grants, as the namesakes do without a word when a person has too many. */
function makeRoom({ namesake, server }: View, subject: string): void {
  const grants = [...server.store.list('Grant')].filter(([, row]) => row.payload.accountId === subject);
  for (const [key] of grants.slice(0, Math.max(0, grants.length - namesake.maxGrants + 1))) {
    server.endGrant(key.slice('Grant:'.length));
  }
}

async function finish({ ctx, server, details }: View, result: InteractionResults): Promise<void> {
  const location = await server.provider.interactionResult(ctx.req, ctx.res, result);
  // All servers share the host `localhost`, and a browser keeps only so many cookies for it.
  const path = `/interaction/${details.uid}`;
  ctx.cookies.set(server.provider.cookieName('interaction'), null, { path, httpOnly: true, sameSite: 'lax' });
  ctx.status = 303;
  ctx.redirect(location);
}
