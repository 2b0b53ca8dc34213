'use server';

import { chooseUtc, rememberZone } from '#lib/cookies/zone';

/** Remembers the browser's time zone. Open to everyone, as the theme is: it says nothing about anyone. */
export async function tellZone(form: FormData): Promise<void> {
  const zone = form.get('zone');
  if (typeof zone === 'string') await rememberZone(zone);
}

/** Shows times in UTC, or in the browser's own zone again. Open to everyone. */
export async function chooseClock(form: FormData): Promise<void> {
  await chooseUtc(form.get('clock') === 'utc');
}
