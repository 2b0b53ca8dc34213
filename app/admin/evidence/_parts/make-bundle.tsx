'use client';

import { useState } from 'react';
import { GoOn } from '#app/_ui/go-on';
import { Download } from '#app/_ui/icons';
import { Notice } from '#app/_ui/notice';
import { StepUpOffer } from '#app/_ui/step-up-link';
import { evidenceSteps } from '#lib/evidence/progress';
import { numberText } from '#ui/number-text';
import { type EvidenceProgress, fetchEvidence } from './fetch-evidence.ts';

interface MakeBundleProps {
  /** The page of the form, where a fresh sign-in comes back to. */
  path: string;
  /** Days as `YYYY-MM-DD`. */
  from: string;
  to: string;
}

/** Asks for the file and shows how far it is. Without JavaScript the form gets the file as its answer. */
export function MakeBundle({ path, from, to }: MakeBundleProps) {
  const [progress, setProgress] = useState<EvidenceProgress | null>(null);
  const making = progress?.state === 'making';
  const submit = async (event: React.SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (making) return;
    const { submitter } = event.nativeEvent as SubmitEvent;
    await fetchEvidence(`${path}/export`, new FormData(event.currentTarget, submitter), setProgress);
  };
  return (
    <form
      action={`${path}/export`}
      method="post"
      onSubmit={(event) => void submit(event)}
      className="card flex flex-col gap-4 p-5"
    >
      <GoOn form="evidence bundle" />
      <h2 className="text-section font-semibold">Make a bundle</h2>
      <div className="flex flex-wrap gap-4">
        <div className="flex flex-col gap-1">
          <label htmlFor="from" className="label">
            First day
          </label>
          <input id="from" name="from" type="date" required defaultValue={from} className="field" />
        </div>
        <div className="flex flex-col gap-1">
          <label htmlFor="to" className="label">
            Last day
          </label>
          <input id="to" name="to" type="date" required defaultValue={to} className="field" />
        </div>
      </div>
      <p className="hint">Days are whole and in UTC, a year at most. This needs a fresh sign-in.</p>
      <div className="flex flex-wrap gap-2">
        <button type="submit" name="format" value="json" disabled={making} className="btn btn-primary">
          <Download aria-hidden="true" className="size-4" />
          Signed bundle
        </button>
        <button type="submit" name="format" value="html" disabled={making} className="btn btn-plain">
          <Download aria-hidden="true" className="size-4" />
          Report to read
        </button>
      </div>
      {progress && <ProgressOf progress={progress} path={path} />}
    </form>
  );
}

function ProgressOf({ progress, path }: { progress: EvidenceProgress; path: string }) {
  if (progress.state === 'refused')
    return (
      <Notice tone="bad" title="The file was not made" reference={progress.reference || undefined} arrival>
        <p>{progress.message}</p>
        <StepUpOffer code={progress.code} returnTo={path} />
      </Notice>
    );
  if (progress.state === 'ready')
    return (
      <Notice tone="good" title="The file is ready" arrival>
        <p className="wrap-anywhere">
          Your browser saves {progress.name}, {numberText(Math.ceil(progress.bytes / 1024))} KiB.{' '}
          <a href={progress.href} download={progress.name} className="link">
            Save it again
          </a>
        </p>
      </Notice>
    );
  const { step, rows } = progress;
  return (
    <div className="flex flex-col gap-2">
      <progress
        aria-label="Sections read"
        max={evidenceSteps.length}
        value={evidenceSteps.indexOf(step)}
        className="progress max-w-md"
      />
      <p role="status" className="text-soft">
        {step === 'signature' ? 'The hub writes and signs the file.' : `Reading ${step}: ${numberText(rows)} rows.`}
      </p>
    </div>
  );
}
