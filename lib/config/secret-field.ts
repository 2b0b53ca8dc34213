const secretWords =
  /token|secret|passw|credential|api_?key|private_?key|client_?key|assertion|session|cookie|bearer|authorization|signature|refresh|^code$/i;
/** Names that have such a word in them and hold nothing secret. */
const harmless = /^(?:token_type|bot_token_type|token_(?:endpoint|url)|refresh_(?:token_)?expires_(?:in|at))$/i;

/**
 * Whether a field of a provider's answer looks as if it held a secret, by any part of its path. Such a field is never
 * kept beside a connection, where keys that may only read connections would see it.
 */
export const looksSecret = (path: string): boolean => {
  const names = path.split('.');
  return names.some((name) => secretWords.test(name) && !harmless.test(name));
};

/** Characters from which on a token inside of a longer text is no accident. */
const shortest = 12;

/** Whether a value looks like a token, whatever its field is called: one of the given ones, or a JSON Web Token. */
export const looksLikeToken = (value: unknown, tokens: readonly (string | null)[]): boolean =>
  typeof value === 'string' &&
  (tokens.some((token) => value === token || (token !== null && token.length >= shortest && value.includes(token))) ||
    /^(?:bearer )?eyJ[\w-]+\.[\w-]+\.[\w-]*/i.test(value));
