/**
 * The encodings of JSON, told by how a body begins: a byte order mark (RFC 8259 §8.1 lets readers ignore it), or where the
 * zeros of the first ASCII character stand (RFC 4627 §3).
 */
const beginnings: readonly [begins: (first: number, second: number) => boolean, encoding: string][] = [
  [(first, second) => (first === 0xff && second === 0xfe) || (first !== 0 && second === 0), 'utf-16le'],
  [(first, second) => (first === 0xfe && second === 0xff) || (first === 0 && second !== 0), 'utf-16be'],
];

function tryDecode(bytes: Uint8Array, encoding: string, options?: TextDecoderOptions): string | null {
  try {
    return new TextDecoder(encoding, options).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * The text of a body, by what it is: servers name encodings that they do not use. Only bytes that are no UTF-8 are read
 * as the `charset` of the type says.
 */
export function decodeBody(bytes: Uint8Array, contentType: string | null): string {
  const [first = 1, second = 1] = bytes;
  const wide = beginnings.find(([begins]) => begins(first, second))?.[1];
  if (wide) return new TextDecoder(wide).decode(bytes).trim();
  const named = /;\s*charset="?([^\s;"]+)/i.exec(contentType ?? '')?.[1];
  const text =
    tryDecode(bytes, 'utf-8', { fatal: true }) ?? (named && tryDecode(bytes, named)) ?? new TextDecoder().decode(bytes);
  return text.trim();
}

/** Text that servers put before JSON so that no page can run it as a script. */
const guards = /^(?:\)\]\}'?,?|for\s*\(;;\);|while\s*\(1\);|&&&START&&&)\s*/;
/** JSON as the argument of a function: `callback( {…} );` */
const called = /^[A-Za-z_$][\w$.]*\s*\(\s*([[{][\s\S]*[\]}])\s*\)\s*;?$/;

/** The JSON inside of what was made for scripts; other text as it is. */
export const bareJson = (text: string): string => called.exec(text)?.[1] ?? text.replace(guards, '');
