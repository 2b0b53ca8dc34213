import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { contrastIn, leastContrast, type schemes } from '#lib/applications/contrast';
import { getApplication } from '#lib/applications/get';
import { largestLogo } from '#lib/applications/logo-limit';
import { readPicture } from '#lib/applications/picture';
import type { ApplicationView } from '#lib/applications/views';
import type { Context } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

/** Pixels of a side: a picture of few bytes can unfold to far more than a page needs. */
const longestSide = 1_024;

const colour = (scheme: keyof typeof schemes) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^#[0-9a-f]{6}$/, 'must be written as #rrggbb')
    .refine(
      (text) => contrastIn(scheme, text) >= leastContrast,
      `needs a contrast of ${leastContrast} with the text on it and the page behind it (${scheme})`,
    );

export const setAppearanceInput = z.object({
  id: z.string().max(64),
  /** The bytes of a PNG, a JPEG or a WebP in base64; null takes the logo away. */
  logo: z
    .base64()
    .max(Math.ceil(largestLogo / 3) * 4, `must have at most ${largestLogo / 1024} KiB`)
    .nullable()
    .optional(),
  /** Null takes both away. */
  colours: z
    .object({ light: colour('light'), dark: colour('dark') })
    .nullable()
    .optional(),
});
export type SetAppearanceInput = z.input<typeof setAppearanceInput>;

/** The name of a logo in the ledger. */
const nameOf = (bytes: Uint8Array) => hash('sha256', bytes, 'base64');

const fault = (message: string) => new AppError('invalid_request', { issues: [{ path: 'logo', message }] });

/** The columns of a logo: its type is what its bytes say, whatever it was called. @throws AppError `invalid_request` */
function toLogo(text: string) {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length > largestLogo) throw fault(`must have at most ${largestLogo / 1024} KiB`);
  const picture = readPicture(bytes);
  if (!picture) throw fault('must be a PNG, a JPEG or a WebP');
  const { width, height, type } = picture;
  if (width < 1 || height < 1 || width > longestSide || height > longestSide)
    throw fault(`must have sides of 1 to ${longestSide} pixels`);
  return { logo: new Uint8Array(bytes), logoType: type };
}

/**
 * Sets the logo and the two colours that people see where an application asks for their account. An absent field stays. Needs
 * a sign-in of the last minutes: the mark of somebody else would deceive people.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`, `not_found`
 */
export async function setAppearance(ctx: Context, input: SetAppearanceInput): Promise<ApplicationView> {
  requireAdministrator(ctx);
  const { proof } = await requireStepUp(ctx);
  const { id, logo, colours } = parseInput(setAppearanceInput, input);
  const values = {
    ...(logo === null ? { logo: null, logoType: null } : logo === undefined ? {} : toLogo(logo)),
    ...(colours === undefined ? {} : { colourLight: colours?.light ?? null, colourDark: colours?.dark ?? null }),
  };
  if (Object.keys(values).length === 0) return getApplication(ctx, { id });
  await transactAs(ctx, async (tx) => {
    const [before] = await tx
      .select({ logo: applications.logo, light: applications.colourLight, dark: applications.colourDark })
      .from(applications)
      .where(eq(applications.id, id))
      .for('update');
    if (!before) throw new AppError('not_found');
    const known = { logo: before.logo && nameOf(before.logo), colours: before.light && [before.light, before.dark] };
    const told = {
      ...(logo === undefined ? {} : { logo: logo && nameOf(Buffer.from(logo, 'base64')) }),
      ...(colours === undefined ? {} : { colours: colours && [colours.light, colours.dark] }),
    };
    const changed = (['logo', 'colours'] as const).filter(
      (field) => field in told && !isDeepStrictEqual(told[field], known[field]),
    );
    if (changed.length === 0) return;
    await tx.update(applications).set(values).where(eq(applications.id, id));
    const details = { application: id, changed, ...told, step_up: proof };
    await record(tx, ctx, { action: 'application.changed', details });
  });
  return getApplication(ctx, { id });
}
