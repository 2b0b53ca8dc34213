import type { Locator, Page } from '@playwright/test';

/**
 * Seconds of each operator of the keystroke-level model (Card, Moran and Newell, 1980): a key of an average typist, pointing
 * with the mouse, pressing and releasing its button, moving the hand between mouse and keys, and making up one's mind.
 */
const operators = { key: 0.2, point: 1.1, button: 0.2, home: 0.4, mind: 1.35 };
/** Reading at 250 words a minute. The model leaves reading out; answers that must be read are part of a job here. */
const secondsPerWord = 0.24;

/** What a job took. Waiting for the hub is left out, since it depends on the machine. */
export interface JobFigures {
  job: string;
  clicks: number;
  fields: number;
  words: number;
  seconds: number;
}

/** Does a job in the browser, and counts each act of the hand and each word that must be read. */
export function jobCounter(page: Page, job: string) {
  let [clicks, fields, words, seconds] = [0, 0, 0, 0];
  let hand: 'mouse' | 'keys' = 'mouse';
  const move = (to: typeof hand) => {
    if (hand !== to) seconds += operators.home;
    hand = to;
  };
  const press = (keys: number) => {
    move('keys');
    seconds += keys * operators.key;
  };
  return {
    async click(target: Locator): Promise<void> {
      await target.click();
      move('mouse');
      clicks += 1;
      seconds += operators.mind + operators.point + operators.button;
    },
    /** Fills a field that a key led to, as Tab does. */
    async type(target: Locator, text: string): Promise<void> {
      await target.focus();
      await target.pressSequentially(text);
      fields += 1;
      seconds += operators.mind;
      press(1 + text.length);
    },
    /** The search of every page: its key, the text, Enter. */
    async search(text: string): Promise<void> {
      const field = page.getByRole('searchbox', { name: 'Search everything' });
      // The page listens once its script runs.
      while (!(await field.evaluate((element) => element === document.activeElement))) await page.keyboard.press('/');
      await page.keyboard.type(text);
      await page.keyboard.press('Enter');
      fields += 1;
      seconds += operators.mind;
      press(2 + text.length);
    },
    /** Words that somebody must read to go on or to have the answer. */
    async read(target: Locator): Promise<void> {
      // biome-ignore lint/performance/useDomNodeTextContent: words that are not rendered are not read
      const found = (await target.innerText()).match(/\S+/g)?.length ?? 0;
      words += found;
      seconds += found * secondsPerWord;
    },
    figures: (): JobFigures => ({ job, clicks, fields, words, seconds: Math.round(seconds) }),
  };
}
