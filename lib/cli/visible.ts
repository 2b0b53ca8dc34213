/** One UTF-16 unit as JSON escapes it. */
const escaped = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

/**
 * JSON as a terminal may show it, with the same meaning: characters that would move its cursor, or turn its letters
 * round, are escaped. JSON itself escapes the characters below U+0020 only.
 */
export const visible = (json: string): string => json.replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, escaped);
