import type { ChoiceView } from '#lib/connections/views';
import { article } from '#ui/status-words';
import { choose } from '../[id]/actions.ts';

/** Above so many, a list that opens is easier to look through. */
const mostAtOnce = 8;

/** The entries that the provider listed, of which the person chooses one, now or anew. */
export function ChooseEntry({ id, choice }: { id: string; choice: ChoiceView }) {
  const { name, chosen, entries } = choice;
  const heading = `choose-${name.replaceAll(/\W+/g, '-')}`;
  return (
    <section aria-labelledby={heading} className="card flex flex-col gap-4 p-5">
      <div>
        <h2 id={heading} className="text-section font-semibold">
          {chosen ? `Change the ${name}` : `Choose ${article(name)}`}
        </h2>
        <p className="max-w-[65ch] text-soft">
          This account has {entries.length} to choose from. Services use the one that you choose.
        </p>
      </div>
      <form action={choose} className="flex flex-col gap-4">
        <input type="hidden" name="id" value={id} />
        <input type="hidden" name="list" value={name} />
        {entries.length > mostAtOnce ? (
          <select
            name="entry"
            aria-labelledby={heading}
            required
            defaultValue={chosen?.key ?? ''}
            className="field max-w-md"
          >
            <option value="" disabled>
              Choose {article(name)}
            </option>
            {entries.map(({ key, label }) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </select>
        ) : (
          <fieldset className="flex flex-col gap-2">
            <legend className="sr-only">{name}</legend>
            {entries.map(({ key, label }) => (
              <label key={key} className="flex gap-3">
                <input
                  type="radio"
                  name="entry"
                  value={key}
                  required
                  defaultChecked={key === chosen?.key}
                  className="mt-1"
                />
                <span className="min-w-0 wrap-anywhere">{label}</span>
              </label>
            ))}
          </fieldset>
        )}
        <button type="submit" className={`btn self-start ${chosen ? 'btn-plain' : 'btn-primary'}`}>
          {chosen ? 'Change' : 'Choose'}
        </button>
      </form>
    </section>
  );
}
