/** Characters of a text that are searched for secrets: no more of it is shown. */
const longestRead = 4_000;
/** From this length on, a secret that is broken by white space is looked for, too. */
const shortestBroken = 8;

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

const fromPercent = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());

const fromEntities = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));/gi, (whole, hex?: string, decimal?: string, name = '') => {
    if (hex === undefined && decimal === undefined) return named[String(name).toLowerCase()] ?? whole;
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });

const fromEscapes = (text: string): string =>
  text
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\(.)/g, '$1');

/** The content of runs of base64, begun at each of the four places where the run's own text may begin. */
const fromBase64 = (text: string): string =>
  (text.match(/[\w+/-]{8,}/g) ?? [])
    .flatMap((run) => [0, 1, 2, 3].map((at) => Buffer.from(run.slice(at), 'base64').toString()))
    .join('\n');

const decoders = [
  fromPercent,
  (text: string) => fromPercent(text.replaceAll('+', ' ')),
  fromEntities,
  fromEscapes,
  fromBase64,
];

/** A text as it is, and as it reads where it was encoded: once, or twice one in the other. */
function readingsOf(text: string): Set<string> {
  const once = decoders.map((decode) => decode(text));
  return new Set([text, ...once, ...once.flatMap((one) => decoders.map((decode) => decode(one)))]);
}

/**
 * Whether a text holds a secret in any of the forms in which servers repeat one: raw, percent-encoded, as a form, escaped
 * as in JSON or HTML, in base64, one inside of another, or broken into lines. A short one has to be all of the text.
 */
export function holdsSecret(text: string, secrets: Iterable<string>, shortest = 4): boolean {
  const known = [...secrets].filter((secret) => secret !== '');
  if (known.length === 0) return false;
  const readings = [...readingsOf(text.slice(0, longestRead))];
  const joined = readings.map((reading) => reading.replace(/[\s\p{C}]+/gu, ''));
  return known.some((secret) => {
    if (secret.length < shortest) return readings.includes(secret);
    if (readings.some((reading) => reading.includes(secret))) return true;
    const whole = secret.replace(/[\s\p{C}]+/gu, '');
    return whole.length >= shortestBroken && joined.some((reading) => reading.includes(whole));
  });
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A small letter alone between capitals, which names of several words do not have: `xAbC`, not `InvalidGrant`. */
const mixed = /(?<![a-z])[a-z](?=[A-Z])/;
/** More consonants than words have in a row. */
const unspoken = /[bcdfghjklmnpqrstvwxz]{6}/i;

/** Words with a capital each have one in three letters at most. */
function hasManyCapitals(run: string): boolean {
  const letters = run.replace(/[^A-Za-z]/g, '');
  const capitals = letters.replace(/[^A-Z]/g, '').length;
  return capitals * 3 > letters.length && capitals * 4 < letters.length * 3;
}

/**
 * Whether a run of a token's characters may be one: digits alone, digits among letters, or letters that no words have.
 * UUIDs trace a request.
 */
export function isOpaque(run: string): boolean {
  if (uuid.test(run)) return false;
  if (/\d/.test(run)) return /[a-z]/i.test(run) || /^\d+$/.test(run);
  return mixed.test(run) || unspoken.test(run) || hasManyCapitals(run);
}
