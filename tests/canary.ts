/** The shapes in which a secret could slip out: as it is, escaped for a URL, and in both alphabets of base64. */
function shapesOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  // Base64 of a secret inside a longer text depends on where it begins there: three alignments, without their edges.
  const aligned = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
      .slice(4, -3);
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...new Set([secret, encodeURIComponent(secret), ...aligned])];
}

/** Looks for secrets in anything that was kept, sent or shown. */
export class CanarySweep {
  readonly #secrets: readonly string[];
  readonly #shapes: Map<string, number>;
  readonly #found: string[] = [];
  #places = 0;

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
    const shapes = secrets.flatMap((secret, index) => shapesOf(secret).map((shape) => [shape, index] as const));
    this.#shapes = new Map(shapes);
  }

  /** Notes every secret that occurs there, in any shape. The place is named in the finding, the secret is not. */
  search(place: string, text: string): void {
    this.#places += 1;
    for (const [shape, index] of this.#shapes) {
      if (text.includes(shape)) this.#found.push(`secret ${index} (${shape.slice(0, 4)}…) in ${place}`);
    }
  }

  /** The same for files, which are large: secrets as they are. */
  searchBytes(place: string, bytes: Uint8Array): void {
    this.#places += 1;
    const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const [index, secret] of this.#secrets.entries()) {
      if (content.includes(secret)) this.#found.push(`secret ${index} (${secret.slice(0, 4)}…) in ${place}`);
    }
  }

  get findings(): readonly string[] {
    return this.#found;
  }

  /** How many places were searched: a sweep that looked nowhere proves nothing. */
  get places(): number {
    return this.#places;
  }
}
