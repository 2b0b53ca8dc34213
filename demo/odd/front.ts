import { randomBytes } from 'node:crypto';
import type { Grant, OddPerson } from '#demo/odd/grants';
import type { Answer, Asked } from '#demo/odd/oddity';
import { requestOf, type Standard } from '#demo/odd/standard';
import { accountPage, consentPage, faultPage, pagePolicy } from '#demo/pages';
import { defaultPeople, personFrom } from '#demo/people';

export const label = { title: 'Odd', sentence: 'Demo authorization server with the oddities of other servers' };

/** The questions to the person, between the authorization request and its answer. */
interface Interaction {
  request: Record<string, string>;
  parts: Readonly<Record<string, string>>;
  person: OddPerson | null;
}

/** What the oddities do to an answer. */
export interface FrontEdits {
  /** Edits the parameters of the redirect; of a denial, without a grant. */
  redirect: (parameters: URLSearchParams, grant: Grant | null) => void;
  /** The granted scopes, of the requested ones. */
  agreed: (scopes: readonly string[]) => readonly string[];
}

export interface Front {
  /** Answers an authorization request: with a page of our own, or with a page that names its fault. */
  authorize: (asked: Asked) => Answer;
  /** The pages below `/interaction/`. */
  interact: (url: URL, form: URLSearchParams | null) => Answer;
}

export const page = (status: number, body: string): Answer => ({
  ...{ status, body, format: 'json' },
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': pagePolicy,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  },
});

const to = (location: string): Answer => ({
  ...{ status: 303, body: '', format: 'json' },
  headers: { location, 'cache-control': 'no-store' },
});

const wrong = (what: string): Answer =>
  page(400, faultPage(label, 'This request cannot be answered', [what, 'Nothing was sent to the application.']));

/** The pages on which a person chooses an account and agrees. */
export function createFront(standard: Standard, redirectUris: readonly string[], edit: FrontEdits): Front {
  const { parts: server, grants } = standard;
  const interactions = new Map<string, Interaction>();

  function redirect({ request, parts }: Interaction, answer: Record<string, string>, grant: Grant | null): Answer {
    const url = new URL(request.redirect_uri ?? '');
    const parameters = new URLSearchParams({ ...answer, iss: server.issuer(parts) });
    if (request.state !== undefined) parameters.set('state', request.state);
    edit.redirect(parameters, grant);
    for (const [name, value] of parameters) url.searchParams.append(name, value);
    return to(url.href);
  }

  function finish(uid: string, interaction: Interaction, agreed: boolean): Answer {
    interactions.delete(uid);
    const { request, parts, person } = interaction;
    if (!agreed || !person) return redirect(interaction, { error: 'access_denied' }, null);
    const scopes = edit.agreed((request.scope ?? '').split(' ').filter((scope) => scope !== ''));
    const { code, grant } = grants.agree({ person, scopes, request, parts });
    return redirect(interaction, { code }, grant);
  }

  return {
    authorize: (asked) => {
      const parameters = requestOf(asked, standard);
      const { parts } = asked;
      const repeated = [...parameters.keys()].find((name) => parameters.getAll(name).length > 1);
      const request = Object.fromEntries(parameters);
      if (repeated !== undefined) return wrong(`${repeated} stands there twice.`);
      if (request.client_id !== server.clientId) return wrong('client_id is not known.');
      if (!redirectUris.includes(request.redirect_uri ?? '')) return wrong('redirect_uri is not registered.');
      if (request.response_type !== 'code') return wrong('response_type is not code.');
      if ((request.code_challenge !== undefined) !== (request.code_challenge_method === 'S256'))
        return wrong('code_challenge_method is not S256.');
      const uid = randomBytes(16).toString('base64url');
      interactions.set(uid, { request, parts, person: null });
      return to(`/interaction/${uid}`);
    },
    interact: (url, form) => {
      const [, uid = '', step] = /^\/interaction\/([\w-]+)(\/consent)?$/.exec(url.pathname) ?? [];
      const interaction = interactions.get(uid);
      if (!interaction) return wrong('This request has ended: go back to the application and start again.');
      const action = `/interaction/${uid}`;
      if (form?.get('decision') === 'deny') return finish(uid, interaction, false);
      if (form && step === undefined) {
        const typed = personFrom(form.get('account') ?? '', defaultPeople);
        if (typed) {
          interaction.person = { ...typed, subject: `odd-${typed.login}` };
          return to(`${action}/consent`);
        }
      }
      if (form && step !== undefined) return finish(uid, interaction, true);
      const { person, request } = interaction;
      if (step === undefined || !person) {
        const view = { client: 'Grantkeep', people: defaultPeople, action, signInOnly: false, fault: null };
        return page(200, accountPage(label, view));
      }
      const scopes = (request.scope ?? '').split(' ').filter(Boolean);
      const rows = scopes.map((name) => ({ name, words: `The scope ${name}` }));
      const view = {
        client: 'Grantkeep',
        person,
        scopes: rows,
        granular: false,
        action: `${action}/consent`,
        back: action,
      };
      return page(200, consentPage(label, view));
    },
  };
}
