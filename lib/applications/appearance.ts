import { eq } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { AppError } from '#lib/errors';

/** The bytes of a logo, with the type that they were found to have. */
export interface Logo {
  bytes: Uint8Array;
  type: string;
}

/** The application that an address names; anything else is not looked up. @throws AppError `not_found` */
function named(id: string) {
  if (!/^app_[0-9a-z]{16}$/.test(id)) throw new AppError('not_found');
  return eq(applications.id, id);
}

/** An application's logo, for everybody: it stands on a page without a sign-in. @throws AppError `not_found` */
export async function readLogo(ctx: Context, id: string): Promise<Logo> {
  const [row] = await ctx.database.db
    .select({ bytes: applications.logo, type: applications.logoType })
    .from(applications)
    .where(named(id));
  if (!row?.bytes || !row.type) throw new AppError('not_found');
  return { bytes: row.bytes, type: row.type };
}

/**
 * A style sheet that gives a page an application's colours, for everybody.
 * @throws AppError `not_found` where it has none
 */
export async function readColours(ctx: Context, id: string): Promise<string> {
  const [row] = await ctx.database.db
    .select({ light: applications.colourLight, dark: applications.colourDark })
    .from(applications)
    .where(named(id));
  if (!row?.light || !row.dark) throw new AppError('not_found');
  const { light, dark } = row;
  // Further from the text in each scheme, so that the contrast grows.
  const strong = `light-dark(color-mix(in srgb, ${light} 85%, black), color-mix(in srgb, ${dark} 85%, white))`;
  return `:root:root { --accent: light-dark(${light}, ${dark}); --accent-strong: ${strong}; }\n`;
}
