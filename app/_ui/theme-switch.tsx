import { Monitor, Moon, Sun } from '#app/_ui/icons';
import { readTheme } from '#lib/cookies/theme';
import { chooseTheme } from './theme-action.ts';

const choices = [
  { theme: 'system', label: 'Theme of the system', icon: Monitor },
  { theme: 'light', label: 'Light theme', icon: Sun },
  { theme: 'dark', label: 'Dark theme', icon: Moon },
] as const;

/** Three buttons of a plain form: works without JavaScript, and the server renders the answer. */
export async function ThemeSwitch() {
  const current = await readTheme();
  return (
    <form action={chooseTheme} className="inline-flex rounded-lg bg-sunken p-0.5">
      {choices.map(({ theme, label, icon: Icon }) => (
        <button
          key={theme}
          type="submit"
          name="theme"
          value={theme}
          aria-label={label}
          aria-pressed={theme === current}
          className="grid size-8 place-items-center rounded-md text-soft hover:text-ink aria-pressed:bg-surface aria-pressed:text-ink aria-pressed:shadow-lift"
        >
          <Icon aria-hidden="true" className="size-4" />
        </button>
      ))}
    </form>
  );
}
