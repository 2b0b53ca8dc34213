'use client';

import { useActionState, useEffect, useState } from 'react';
import { ApplicationLogo } from '#app/_ui/application-logo';
import { GoOn } from '#app/_ui/go-on';
import { Notice } from '#app/_ui/notice';
import { Refusal } from '#app/_ui/refusal';
import { TextField } from '#app/_ui/text-field';
import { numberText } from '#ui/number-text';
import { saveAppearance } from '../actions.ts';

interface AppearanceFormProps {
  id: string;
  /** The address of its logo; null: none. */
  logo: string | null;
  colours: { light: string; dark: string } | null;
  /** The page of the form. */
  path: string;
}

/** The bytes of a file in base64. */
const base64Of = async (file: File) =>
  btoa(Array.from(new Uint8Array(await file.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(''));

/** The logo and the two colours with which an application asks people for their account. */
export function AppearanceForm({ id, logo, colours, path }: AppearanceFormProps) {
  const [state, run, pending] = useActionState(saveAppearance, null);
  const [picked, setPicked] = useState('');
  const [light, setLight] = useState(colours?.light ?? '');
  const [dark, setDark] = useState(colours?.dark ?? '');
  useEffect(() => {
    if (state?.ok) setPicked('');
  }, [state]);
  const refused = state?.ok === false ? state : null;
  const fault = (field: string) => refused?.issues?.find(({ path: at }) => at === field)?.message;
  return (
    <form action={run} className="flex flex-col gap-5">
      <GoOn form={`appearance ${id}`} />
      {refused && <Refusal title="Nothing was changed" refused={refused} returnTo={path} />}
      {state?.ok && <Notice tone="good" title="Saved" arrival />}
      <input type="hidden" name="id" value={id} />
      {/* Text, not hidden: it is kept through a sign-in as what was typed, which a hidden field is not. */}
      <input hidden name="logo" value={picked} onChange={({ target }) => setPicked(target.value)} />
      <div className="flex flex-col gap-1">
        <label htmlFor="application-logo" className="label">
          Logo <span className="font-normal text-soft">(optional)</span>
        </label>
        <div className="flex flex-wrap items-center gap-3">
          {logo && <ApplicationLogo src={logo} />}
          <input
            id="application-logo"
            type="file"
            accept="image/png,image/jpeg,image/webp"
            onChange={async ({ target: { files } }) => setPicked(files?.[0] ? await base64Of(files[0]) : '')}
            aria-describedby="application-logo-hint"
            className="min-w-0 text-meta"
          />
        </div>
        <p id="application-logo-hint" className="hint">
          {fault('logo') ?? 'A PNG, a JPEG or a WebP of at most 44 KiB and 1,024 pixels a side.'}
        </p>
        {picked && (
          // React and a sign-in empty the file's own field, which no script may fill again.
          <p className="text-meta">
            A picture of {numberText(Math.ceil((picked.length * 3) / 4096))} KiB is chosen. It goes with the next save.
          </p>
        )}
        {logo && (
          <label className="flex items-center gap-2">
            <input type="checkbox" name="withoutLogo" value="yes" />
            Take the logo away
          </label>
        )}
      </div>
      <TextField
        id="application-light"
        name="light"
        label="Colour of buttons and links, light"
        hint="Such as #1d4ed8. White text on it, and it on the page, need a contrast of 4.5."
        fault={fault('colours.light')}
        maxLength={20}
        exact
        optional
        value={light}
        change={setLight}
      />
      <TextField
        id="application-dark"
        name="dark"
        label="Colour of buttons and links, dark"
        hint="Such as #93c5fd. Dark text on it, and it on the dark page, need a contrast of 4.5."
        fault={fault('colours.dark')}
        maxLength={20}
        exact
        optional
        value={dark}
        change={setDark}
      />
      <div>
        <button type="submit" disabled={pending} className="btn btn-primary">
          {pending ? 'Saving' : 'Save appearance'}
        </button>
      </div>
    </form>
  );
}
