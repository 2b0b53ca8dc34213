import type { Metadata } from 'next';
import { BackLink } from '#app/_ui/back-link';
import { PageHeading } from '#app/_ui/page-heading';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage } from '#lib/web/page';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { StepUpNotice } from '../../_parts/step-up-notice.tsx';
import { ApplicationForm } from '../_parts/application-form.tsx';

export const metadata: Metadata = { title: 'Register application' };

const path = '/admin/applications/new';
const empty = { name: '', contact: '', returnUrls: '', providers: [], scopes: '' };

export default async function NewApplication() {
  const ctx = await adminPage(path);
  const stepUp = await readStepUp(ctx);
  const providers = ctx.providers.connectable().map(({ id, name }) => ({ id, name }));
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/applications">Applications</BackLink>
      <PageHeading title="Register application">
        It connects accounts for its own users, and sees these alone.
      </PageHeading>
      <div className="max-w-2xl">
        {ctx.actor.role !== 'administrator' ? (
          <p className="text-soft">An administrator registers applications.</p>
        ) : (
          <div className="card flex flex-col gap-5 p-5">
            {!stepUp.fresh && (
              <StepUpNotice
                stepUp={stepUp}
                what="Registering an application"
                returnTo={path}
                form="register application"
              />
            )}
            <ApplicationForm draft={empty} providers={providers} path={path} />
          </div>
        )}
      </div>
    </>
  );
}
