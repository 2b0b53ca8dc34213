/** Where a browser's tab keeps what somebody typed, while they are away to sign in once more. */
const place = 'typed-draft';
/** Longer than a sign-in takes; an older draft was given up. */
const keptMs = 10 * 60_000;

interface Draft {
  path: string;
  /** Which of the page's dialogs. */
  dialog: string;
  reason: string;
  at: number;
}

/** Keeps what was typed in a dialog of this page until the tab comes back to it. Never the typed confirmation. */
export function keepDraft(draft: Omit<Draft, 'at'>): void {
  try {
    sessionStorage.setItem(place, JSON.stringify({ ...draft, at: Date.now() }));
  } catch {
    // A browser that keeps nothing loses a sentence, no more.
  }
}

/** What was typed in that dialog before, once; null where nothing was. */
export function takeDraft(path: string, dialog: string): string | null {
  try {
    const draft = JSON.parse(sessionStorage.getItem(place) ?? 'null') as Draft | null;
    if (draft?.path !== path || draft.dialog !== dialog) return null;
    sessionStorage.removeItem(place);
    return Date.now() - draft.at < keptMs ? draft.reason : null;
  } catch {
    return null;
  }
}
