'use server';

import { rememberTheme, themes } from '#lib/cookies/theme';

/** Remembers the chosen theme. Open to everyone: it says nothing about anyone, and Next compares Origin with Host. */
export async function chooseTheme(form: FormData): Promise<void> {
  const chosen = themes.find((theme) => theme === form.get('theme'));
  if (chosen) await rememberTheme(chosen);
}
