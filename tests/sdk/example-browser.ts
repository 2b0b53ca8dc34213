import { CookieJar } from '#demo/cookie-jar';
import type { Visitor } from '#tests/visitor';

/** Somebody at a browser: with the pages of an example application, and at the hub and the provider as a `Visitor`. */
export class ExampleBrowser {
  readonly #jar = new CookieJar();
  readonly #app: string;
  readonly #visitor: Visitor;
  readonly #account: string;

  constructor(app: string, visitor: Visitor, account: string) {
    this.#app = app;
    this.#visitor = visitor;
    this.#account = account;
  }

  /** One request of the page, as a browser sends it: no redirect is followed. */
  async ask(path: string, form?: Record<string, string>, site = 'same-origin'): Promise<Response> {
    const url = new URL(path, this.#app);
    const answer = await fetch(url, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie: this.#jar.header(url), 'sec-fetch-site': site, connection: 'close' },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    });
    this.#jar.keep(answer.headers.getSetCookie(), url);
    return answer;
  }

  async signIn(name: string): Promise<void> {
    await this.ask('/sign-in', { name });
  }

  /** The text of a page after the redirects within the application. */
  async read(path: string): Promise<string> {
    const answer = await this.ask(path);
    const location = answer.headers.get('location');
    return location ? this.read(location) : answer.text();
  }

  /** Presses Connect, and answers the hub's address that the application leads to. */
  async begin(): Promise<string> {
    const answer = await this.ask('/connect', {});
    if (answer.status !== 303) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.headers.get('location') ?? '';
  }

  /** Follows the hub's link, grants, and comes back: what the application shows then. */
  async grant(link: string): Promise<string> {
    const token = new URL(link).searchParams.get('token') ?? '';
    const started = await this.#visitor.start({ intent: 'connect', provider: 'github', connect_session: token });
    const callback = await this.#visitor.authorize(started, { account: this.#account });
    const back = (await this.#visitor.callback(callback)).headers.get('location') ?? '';
    const answer = await this.ask(back, undefined, 'cross-site');
    const location = answer.headers.get('location');
    return location ? this.read(location) : answer.text();
  }
}
