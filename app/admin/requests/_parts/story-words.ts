import type { RequestStory, Tried } from '#lib/search/request-story';

const verbs: Record<Exclude<Tried, null>, (provider: string) => string> = {
  sign_in: (provider) => `sign in with ${provider}`,
  step_up: (provider) => `sign in once more with ${provider}`,
  connect: (provider) => `connect ${provider}`,
  reconnect: (provider) => `reconnect ${provider}`,
  read: (provider) => `read a token of ${provider}`,
  refresh: (provider) => `refresh a token of ${provider}`,
};

const begun = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Who asked, by name. */
export function askerOf({ end }: Pick<RequestStory, 'end'>): string {
  if (!end || end.actor.type === 'anonymous') return 'somebody who was not signed in';
  if (end.actor.type === 'system') return 'the hub itself';
  return end.actor.name ?? end.actor.id;
}

/** What a request came to, in a sentence. */
export function storyTitle(
  story: Pick<RequestStory, 'reference' | 'end' | 'tried' | 'refusal'>,
  provider: string | null,
): string {
  const { end, tried, refusal, reference } = story;
  if (!end) return `Request ${reference}`;
  const who = begun(askerOf(story));
  if (!refusal) return `${who}: ${end.sentence}`;
  const what = tried ? verbs[tried](provider ?? 'a provider') : null;
  return what ? `${who} could not ${what}` : `${who} was refused`;
}

/** An advice as a sentence, in parts; the `exact` ones are names to type. */
export function adviceParts(text: string): { text: string; exact: boolean }[] {
  const sentence = /[.!?]$/.test(text) ? text : `${text}.`;
  return sentence
    .replaceAll('*', '')
    .split('`')
    .map((part, n) => ({ text: part, exact: n % 2 === 1 }))
    .filter((part) => part.text !== '');
}
