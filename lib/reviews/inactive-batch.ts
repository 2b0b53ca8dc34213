import { z } from 'zod';
import { type AppError, isAppError } from '#lib/errors';

/** As many people as the list of a review shows. */
const mostPeople = 100;
/** A batch begins no further person after so long, so that its page can tell how far it is. Milliseconds. */
const batchMs = 3_000;

const personId = z.string().min(1).max(64);

/** The people of a list, by id: the act leaves out a person who joined the list meanwhile. */
export const inactivePeopleInput = z
  .union([personId.transform((one) => [one]), z.array(personId).min(1).max(mostPeople)])
  .transform((ids) => [...new Set(ids)]);

/** How far an act on a list of people is. */
export interface InactiveBatch {
  done: string[];
  /** The people for whom it was not done, each with the reason. */
  refused: { person: string; why: string }[];
  /** The people who are still to come: ask again with these. */
  left: string[];
}

/** These are about one person, and the others go on. */
const aboutOne = (error: unknown): error is AppError =>
  isAppError(error) && (error.code === 'conflict' || error.code === 'not_found');

/**
 * Acts on one person after the other until time is up.
 * @throws the fault of the first person that is about all of them, such as a mail server that is away; later in the batch it
 *   ends the batch, and the next one meets it
 */
export async function inBatch(
  people: readonly string[],
  act: (person: string) => Promise<unknown>,
): Promise<InactiveBatch> {
  const done: string[] = [];
  const refused: InactiveBatch['refused'] = [];
  const began = performance.now();
  for (const [n, person] of people.entries()) {
    if (n > 0 && performance.now() - began > batchMs) return { done, refused, left: people.slice(n) };
    try {
      await act(person);
      done.push(person);
    } catch (error) {
      if (aboutOne(error)) refused.push({ person, why: error.message });
      else if (n === 0) throw error;
      else return { done, refused, left: people.slice(n) };
    }
  }
  return { done, refused, left: [] };
}
