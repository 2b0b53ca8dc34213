import { inspect } from 'node:util';
import type { SecretText } from '#lib/oauth/types';

/** Holds a secret so that printing, logging or serialising the record around it shows nothing. */
export class Secret implements SecretText {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
