/** Where a browser's tab keeps a form, while its person is away to sign in once more. */
const place = 'kept-form';
/** Longer than a sign-in takes; an older form was given up. */
const keptMs = 10 * 60_000;
/** The part of the address that says that its person comes from the sign-in which this form asked for. */
export const goOnParam = 'go_on';

interface Kept {
  path: string;
  /** Which of the page's forms. */
  form: string;
  /** The person at the form: another person of the same tab must not finish it. */
  person: string;
  fields: [name: string, value: string][];
  /** The button that submitted it, where the form has several. */
  button: [name: string, value: string] | null;
  /** In the address on the way back; null where nothing was submitted, so that nothing goes on by itself. */
  nonce: string | null;
  at: number;
}

/** The person that this page is shown to. */
const personHere = () => document.querySelector<HTMLElement>('[data-person]')?.dataset.person ?? '';

/** Fields of a form as they are typed, without the secret ones. */
function fieldsOf(form: HTMLFormElement): Kept['fields'] {
  const secret = new Set([...form.querySelectorAll<HTMLInputElement>('input[type=password]')].map(({ name }) => name));
  return [...new FormData(form)].flatMap(([name, value]): Kept['fields'] =>
    typeof value === 'string' && !name.startsWith('$') && !secret.has(name) ? [[name, value]] : [],
  );
}

/** What each form was last submitted with: React empties a form's own fields after each try. */
const submitted = new WeakMap<HTMLFormElement, Pick<Kept, 'fields' | 'button'>>();

/** A private or symmetric key, which belongs in no form. One that was pasted by mistake is not kept. */
const isSecret = (value: string) => /-----BEGIN [A-Z ]*PRIVATE KEY|"(?:d|k|p|q|dp|dq|qi|oth)"\s*:/.test(value);

/** Remembers what a form is submitted with, until its reader changes a field. Answers what stops it. */
export function watchForm(element: HTMLFormElement): () => void {
  const remember = (event: Event) => {
    const button = (event as SubmitEvent).submitter as HTMLButtonElement | null;
    submitted.set(element, {
      fields: fieldsOf(element),
      button: button?.name ? [button.name, button.value] : null,
    });
  };
  const forget = () => submitted.delete(element);
  // Before React's own listener, which takes the fields.
  element.addEventListener('submit', remember, { capture: true });
  element.addEventListener('input', forget);
  return () => {
    element.removeEventListener('submit', remember, { capture: true });
    element.removeEventListener('input', forget);
  };
}

/** 128 random bits, which no link of another site can hold. */
const newMark = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

interface KeepOptions {
  path: string;
  returnTo: string;
  form: string;
  /** Whether it was submitted, and goes on by itself after the sign-in. */
  goOn: boolean;
}

/** Keeps what was typed and chosen in a form, and answers the address to come back to: `returnTo`, a path on this hub. */
export function keepForm(element: HTMLFormElement, { path, returnTo, form, goOn }: KeepOptions): string {
  const nonce = goOn ? newMark() : null;
  // What goes on is the act that was refused.
  const { fields, button } = (goOn && submitted.get(element)) || { fields: fieldsOf(element), button: null };
  // Without the field the act would be another, so nothing is kept and nothing goes on.
  if (fields.some(([, value]) => isSecret(value))) return returnTo;
  const kept: Kept = { path, form, person: personHere(), fields, button, nonce, at: Date.now() };
  try {
    sessionStorage.setItem(place, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing loses what was typed, no more.
    return returnTo;
  }
  if (!nonce) return returnTo;
  const back = new URL(returnTo, location.origin);
  back.searchParams.set(goOnParam, nonce);
  return back.pathname + back.search;
}

function read(path: string, form: string): Kept | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place) ?? 'null') as Kept | null;
    if (kept?.path !== path || kept.form !== form) return null;
    return Date.now() - kept.at < keptMs && kept.person === personHere() ? kept : null;
  } catch {
    return null;
  }
}

/** Whether that form of this page is kept. */
export const isKept = (path: string, form: string): boolean => read(path, form) !== null;

/** What was kept of that form, once; `goOn` where its person comes from the very sign-in that it asked for. */
export function takeKept(path: string, form: string, search: string) {
  const kept = read(path, form);
  if (!kept) return null;
  sessionStorage.removeItem(place);
  const goOn = kept.nonce !== null && new URLSearchParams(search).get(goOnParam) === kept.nonce;
  return { fields: kept.fields, button: kept.button, goOn };
}

/** Types a value as a person would, so that the page's own state follows. */
function type(field: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement, value: string): void {
  if (field.value === value) return;
  // React notices a change by its own setter on the element, which the prototype's does not call.
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value')?.set?.call(field, value);
  field.dispatchEvent(new Event(field instanceof HTMLSelectElement ? 'change' : 'input', { bubbles: true }));
}

/** Fills a form with what was kept of it. Hidden fields are the page's own and stay. */
export async function fillForm(element: HTMLFormElement, fields: Kept['fields']): Promise<void> {
  const left = [...fields];
  for (const field of [...element.elements]) {
    // The page's state follows between two fields: a handler may build on the state before it.
    await null;
    if (field instanceof HTMLInputElement && (field.type === 'checkbox' || field.type === 'radio')) {
      const wanted = fields.some(([name, value]) => name === field.name && value === field.value);
      if (wanted !== field.checked && (wanted || field.type === 'checkbox')) field.click();
      continue;
    }
    const typed =
      field instanceof HTMLSelectElement ||
      field instanceof HTMLTextAreaElement ||
      (field instanceof HTMLInputElement && !['hidden', 'submit', 'password', 'file'].includes(field.type));
    if (!typed) continue;
    const at = left.findIndex(([name]) => name === field.name);
    const [value] = at < 0 ? [] : left.splice(at, 1);
    if (value) type(field, value[1]);
  }
}
