/**
 * For the browser: connects in a window of its own, so that the application's page stays as it is. The two pages that talk to
 * each other are both of the application, on its own origin. The hub and the provider send it nothing, so that neither needs to be
 * trusted with a message, and pages that cut themselves off from their opener (COOP) do not matter.
 */

const channelName = 'grantkeep-connect';

/** What the return page tells: whatever the application's own page wants to know. */
export type Told = string | number | boolean | null | { [name: string]: Told } | Told[];

/** A window that is open. */
export interface OpenedConnect {
  /** Resolves with what the return page told by `tellOpener`. It stays open where the person closes the window. */
  told: Promise<Told>;
  /** Listens no longer: for a page that goes on without an answer. */
  stop(): void;
}

/**
 * Submits a form of the application, which begins a connection (`startConnect`), in a window of its own. Call it in the
 * handler of a click: browsers block windows that nobody asked for.
 * @returns null where the window was blocked: the form is submitted in this page then, and the page is left
 */
export function connectInPopup(form: HTMLFormElement, features = 'popup,width=520,height=720'): OpenedConnect | null {
  const channel = new BroadcastChannel(channelName);
  const target = `${channelName}-${crypto.randomUUID()}`;
  if (!window.open('', target, features)) {
    channel.close();
    form.submit();
    return null;
  }
  const told = new Promise<Told>((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<Told>) => {
      channel.close();
      resolve(data);
    };
  });
  const before = form.target;
  form.target = target;
  form.submit();
  form.target = before;
  return { told, stop: () => channel.close() };
}

/**
 * On the return page: tells the application's page that opened this window, and closes it. Where a browser does not let a page
 * close itself, the page stays, so write on it that it can be closed. Do not tell secrets: every open page of the origin hears it.
 */
export function tellOpener(told: Told): void {
  const channel = new BroadcastChannel(channelName);
  channel.postMessage(told);
  channel.close();
  window.close();
}
