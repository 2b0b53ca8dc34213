import { unstable_rethrow } from 'next/navigation';
import type { z } from 'zod';
import type { Context } from '#lib/context';
import { requestHeaders } from '#lib/cookies/request';
import { noteFailure } from '#lib/door/note-failure';
import { type ErrorCode, toAppError } from '#lib/errors';
import { type PersonContext, requireAdministrator, requirePerson } from '#lib/guards/require';
import { issuesOf } from '#lib/parse-input';
import { requireSameOrigin } from '#lib/web/origin';
import { requestIdOf } from '#lib/web/request-context';
import { webContext } from '#lib/web/web-context';

/** The state of a form after its action ran. */
export type ActionState<Data = unknown> =
  | { ok: true; message?: string; data?: Data }
  | {
      ok: false;
      code: ErrorCode;
      message: string;
      reference: string;
      issues?: readonly { path: string; message: string }[];
    };

/** Somebody tried what they may not do: this goes into the ledger. */
const denials: readonly ErrorCode[] = ['wrong_origin', 'unauthenticated', 'forbidden'];

/** Fields of a form as an object; a name that occurs more than once becomes a list. Next's own fields are left out. */
function fieldsOf(form: FormData): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of new Set(form.keys())) {
    if (name.startsWith('$ACTION')) continue;
    const texts = form.getAll(name).filter((value) => typeof value === 'string');
    // PostgreSQL takes no zero byte in a text.
    const values = texts.map((text) => text.replaceAll('\0', ''));
    fields[name] = values.length > 1 ? values : values[0];
  }
  return fields;
}

/**
 * Wraps a server action: origin, session, role and fields are checked before the body runs, and an error becomes what
 * the form shows, never echoing what was typed. For `useActionState`, or as a plain form's action through `(form) =>`.
 */
export function formAction<Schema extends z.ZodType, Data>(
  schema: Schema,
  options: { role?: 'user' | 'administrator' },
  body: (
    ctx: PersonContext,
    input: z.output<Schema>,
  ) => Promise<{ message?: string; data?: Data } | undefined> | Promise<void>,
): (previous: ActionState<Data> | null, form: FormData) => Promise<ActionState<Data>> {
  return async (_previous, form) => {
    let ctx: Context | undefined;
    try {
      ctx = await webContext();
      requireSameOrigin(ctx.config, await requestHeaders());
      requirePerson(ctx);
      if (options.role === 'administrator') requireAdministrator(ctx);
      const parsed = schema.safeParse(fieldsOf(form));
      if (!parsed.success) {
        return {
          ok: false,
          code: 'invalid_request',
          message: 'Some fields need another look.',
          reference: ctx.requestId,
          issues: issuesOf(parsed.error),
        };
      }
      return { ok: true, ...(await body(ctx, parsed.data)) };
    } catch (thrown) {
      // Redirects and not-found pages travel as errors.
      unstable_rethrow(thrown);
      const error = toAppError(thrown);
      if (ctx && denials.includes(error.code)) ctx.refusals.add(ctx, error.code);
      const asked = ctx ?? { requestId: requestIdOf(await requestHeaders()) };
      noteFailure('action_failed', error, asked);
      const { code, message, issues } = error;
      return { ok: false, code, message, reference: asked.requestId, ...(issues ? { issues } : {}) };
    }
  };
}
