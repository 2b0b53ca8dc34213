import { scrub } from '#lib/log';
import { holdsSecret, isOpaque } from '#lib/oauth/secret-text';

/** Characters of a provider's text that the log keeps. */
export const longestText = 300;
/** Characters that are looked at: later ones are dropped before anything else. */
const longestRead = 4_000;

const redacted = '[redacted]';
/** Shorter ones are parts of words; they are taken out where they are a word. */
const shortestHidden = 6;
/** Long runs of a token's characters. */
const runs = /[\w~+=-]{20,}/g;
/** Whether a text holds what may be a token. */
export const holdsOpaqueText = (text: string): boolean => (text.match(runs) ?? []).some(isOpaque);

/** Every way in which a value of the request may stand in an answer's text. */
function spellings(secret: string): string[] {
  const encoded = [encodeURIComponent(secret.toWellFormed()), new URLSearchParams([['', secret]]).toString().slice(1)];
  return [...new Set([secret, ...encoded])].sort((a, b) => b.length - a.length);
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  let rest = text;
  for (const secret of secrets.filter((one) => one !== '').sort((a, b) => b.length - a.length)) {
    for (const spelling of spellings(secret)) {
      // A short one may be part of any word.
      if (spelling.length >= 6) rest = rest.replaceAll(spelling, redacted);
      else
        rest = rest
          .split(/([\s"'()<>,;:!?]+)/)
          .map((word) => (word === spelling ? redacted : word))
          .join('');
    }
  }
  return rest;
}

/** A URL without its query, which may carry codes; undefined for another word. */
function bareUrl(word: string): string | undefined {
  const [, before = '', written, after = ''] = /^(["'(<]*)(https?:\/\/[^\s"'<>]+?)([.,;:!?)"'>]*)$/i.exec(word) ?? [];
  const url = written === undefined ? null : URL.parse(written);
  return url
    ? `${before}${url.origin}${url.pathname.replace(runs, (run) => (isOpaque(run) ? redacted : run))}${after}`
    : undefined;
}

/**
 * A provider's text, as the log may have it: one line without control characters, without sent values or text that
 * looks like a token, at most 300 characters. Undefined where nothing is left.
 * @param secrets values that the request or the answer carried
 */
export function providerText(value: unknown, secrets: readonly string[] = []): string | undefined {
  if (typeof value !== 'string') return undefined;
  // A word that the limit cuts may be a token's beginning.
  const read = value.length > longestRead ? value.slice(0, longestRead).replace(/\S*$/, '') : value;
  const line = withoutSecrets(read.toWellFormed(), secrets)
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  // A JSON Web Token is taken out whole, before its parts are looked at.
  const words = scrub(withoutSecrets(line, secrets))
    .split(' ')
    .map((word) => bareUrl(word) ?? word.replace(runs, (run) => (isOpaque(run) ? redacted : run)));
  const text = scrub(words.join(' ')).slice(0, longestText).toWellFormed();
  if (text === '') return undefined;
  // The rest may hold one in a form of its own, of which no part can be told from the words around it.
  const long = secrets.filter((secret) => secret.length >= shortestHidden);
  return holdsSecret(text, long) ? redacted : text;
}
