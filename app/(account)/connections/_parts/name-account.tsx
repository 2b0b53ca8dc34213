import type { ConnectionView } from '#lib/connections/views';
import { name } from '../[id]/actions.ts';

/** For an account of which its provider says nothing: the person gives it a name, by which they know it again. */
export function NameAccount({ connection }: { connection: ConnectionView }) {
  const { id, named, provider, account } = connection;
  return (
    <section aria-labelledby="name" className="card flex flex-col gap-4 p-5">
      <div>
        <h2 id="name" className="text-section font-semibold">
          {named ? 'Rename this account' : 'Name this account'}
        </h2>
        <p className="max-w-[65ch] text-soft">
          {provider.name} does not say which account this is. A name helps you to tell your accounts apart.
        </p>
      </div>
      <form action={name} className="flex flex-wrap items-end gap-2">
        <input type="hidden" name="id" value={id} />
        <div className="flex min-w-0 flex-1 basis-60 flex-col gap-1">
          <label htmlFor="account-name" className="label">
            Name
          </label>
          <input
            id="account-name"
            name="name"
            required
            maxLength={80}
            autoComplete="off"
            defaultValue={named ? account.label : ''}
            className="field"
          />
        </div>
        <button type="submit" className={`btn ${named ? 'btn-plain' : 'btn-primary'}`}>
          {named ? 'Rename' : 'Keep the name'}
        </button>
      </form>
    </section>
  );
}
