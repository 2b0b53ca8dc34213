/** mulberry32: the same numbers from the same seed, from 0 to below 1. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Resolves after so many milliseconds: the random moment of a kill, or a provider that takes its time. */
export const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
