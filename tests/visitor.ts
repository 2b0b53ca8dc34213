import { authorizeHeadless, type HeadlessChoices } from '#demo/consent';
import { CookieJar as DemoJar } from '#demo/cookie-jar';
import type { Actor, Context, Runtime } from '#lib/context';
import type { CookieAttributes, CookieJar } from '#lib/cookies/cookies';
import { readSessionId } from '#lib/cookies/session-cookie';
import { resolveSession } from '#lib/sign-in/sessions';
import { handleCallback } from '#lib/web/callback-request';
import { contextFor } from '#lib/web/request-context';
import { handleStart } from '#lib/web/start-request';

/** A browser's cookies for the hub, and what was last said of each. */
export class CookieMap implements CookieJar {
  readonly values = new Map<string, string>();
  readonly attributes = new Map<string, CookieAttributes>();
  get(name: string) {
    const value = this.values.get(name);
    return value === undefined ? undefined : { value };
  }
  getAll() {
    return [...this.values].map(([name, value]) => ({ name, value }));
  }
  set(name: string, value: string, attributes: CookieAttributes) {
    this.attributes.set(name, attributes);
    if (attributes.maxAge === 0) this.values.delete(name);
    else this.values.set(name, value);
  }
}

/** Somebody at a browser, talking to the two ends of a flow without pages: the handlers, the cookies, real servers. */
export class Visitor {
  readonly jar = new CookieMap();
  /** Cookies at the demo servers. */
  readonly demoJar = new DemoJar();
  readonly runtime: Runtime;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  async context(headers: Headers = new Headers()): Promise<Context> {
    const sid = await readSessionId(this.runtime.config, this.jar);
    const actor: Actor = (sid ? await resolveSession(this.runtime, sid) : null) ?? { type: 'anonymous' };
    return { ...contextFor(this.runtime, headers, actor), ip: '203.0.113.9' };
  }

  async start(fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    const { origin } = this.runtime.config.appUrl;
    const request = new Request(`${origin}/oauth/start`, {
      method: 'POST',
      headers: { origin, ...headers },
      body: new URLSearchParams(fields),
    });
    return handleStart(await this.context(request.headers), request, this.jar);
  }

  /** Goes to the provider as a form would send the browser there, and answers the callback's address. */
  async authorize(started: Response, choices: HeadlessChoices = {}): Promise<URL> {
    const location = started.headers.get('location') ?? '';
    if (started.status !== 303 || !URL.canParse(location))
      throw new Error(`The flow did not begin: ${started.status} ${location}`);
    return authorizeHeadless(location, { jar: this.demoJar, ...choices });
  }

  async callback(url: URL | string): Promise<Response> {
    const request = new Request(url);
    return handleCallback(await this.context(request.headers), request, this.jar);
  }

  /** Signs in at the demo's sign-in server and answers the person's id. */
  async signIn(account = 'user@demo.example'): Promise<string> {
    const url = await this.authorize(await this.start({ intent: 'sign_in', provider: 'demo' }), { account });
    const answer = await this.callback(url);
    const { actor } = await this.context();
    if (actor.type !== 'person')
      throw new Error(`Signing in failed: ${answer.status} ${answer.headers.get('location')}`);
    return actor.personId;
  }

  /** Signs in once more, so that what needs a sign-in of the last minutes may be done. */
  async stepUp(account = 'user@demo.example'): Promise<void> {
    const answer = await this.callback(await this.authorize(await this.start({ intent: 'step_up' }), { account }));
    const { searchParams } = new URL(answer.headers.get('location') ?? '', this.runtime.config.appUrl);
    if (searchParams.has('flow')) throw new Error(`Stepping up failed: ${searchParams.get('flow')}`);
  }

  /** Connects an account and answers the path that the browser is sent to. */
  async connect(provider: string, choices: HeadlessChoices = {}, fields: Record<string, string> = {}): Promise<URL> {
    const url = await this.authorize(await this.start({ intent: 'connect', provider, ...fields }), choices);
    const answer = await this.callback(url);
    return new URL(answer.headers.get('location') ?? '', this.runtime.config.appUrl);
  }
}
