const escaped = (text) => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const page = (title, body) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}</html>`;

const button = (action, name) => `<form method="post" action="${action}"><button type="submit">${name}</button></form>`;

export const signInPage = () =>
  page(
    'Sign in',
    '<form method="post"><label>Name <input name="name" required></label><button type="submit">Sign in</button></form>',
  );

/** @param code of the hub's refusal */
export const refusalPage = (code) =>
  page('Settings', `<p>That did not work: ${escaped(code)}.</p><p><a href="/">Back to your settings</a></p>`);

/** @param connection as the hub answers it; undefined where the user connected none */
export function settingsPage({ label }, connection) {
  const hello = `<p>You are ${escaped(label)}.</p>`;
  if (!connection)
    return page('Settings', `${hello}<p>GitHub: not connected</p>${button('/connect', 'Connect GitHub')}`);
  const { account, status } = connection;
  return page(
    'Settings',
    `${hello}<p>GitHub: ${escaped(account.label)}, ${status}</p><p><a href="/me">Who am I at GitHub?</a></p>
     ${button('/connect', 'Reconnect GitHub')}${button('/manage', 'Manage connected accounts')}${button('/disconnect', 'Disconnect GitHub')}`,
  );
}
