import { unstable_rethrow } from 'next/navigation';
import type { ActionState } from '#lib/web/action';

type Action<Data> = (previous: ActionState<Data> | null, form: FormData) => Promise<ActionState<Data>>;

const unanswered: ActionState<never> = {
  ok: false,
  code: 'internal',
  message: 'The hub did not answer, so it is not known whether this was done. Look before you repeat it.',
  reference: '',
};

/** The action. The dialog tells of a lost answer, and the page keeps the typed text. */
export function answered<Data>(action: Action<Data>): Action<Data> {
  return async (previous, form) => {
    try {
      return await action(previous, form);
    } catch (error) {
      // Redirects and not-found pages travel as errors.
      unstable_rethrow(error);
      return unanswered;
    }
  };
}
