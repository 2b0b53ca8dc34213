import type { Metadata } from 'next';
import { SkipLink } from '#app/_ui/account-shell';
import { Brand } from '#app/_ui/brand';
import { FileJson } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { ThemeSwitch } from '#app/_ui/theme-switch';
import { describeApi } from '#lib/api/describe';
import { visitorPage } from '#lib/web/page';
import { Prose } from './_parts/prose.tsx';
import { Reference } from './_parts/reference.tsx';

export const metadata: Metadata = { title: 'The machine API' };

/** The OpenAPI document to read. For anybody, as the document is: it tells nothing of this hub's data. */
export default async function ApiReference() {
  const { config, actor } = await visitorPage();
  const document = describeApi();
  return (
    <div className="flex min-h-dvh flex-col">
      <SkipLink />
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex h-14 w-full max-w-[1280px] items-center gap-4 px-4 sm:px-6">
          <Link href="/" aria-label="Grantkeep" className="flex h-14 items-center rounded-md">
            <Brand />
          </Link>
          <div className="ml-auto flex items-center gap-2">
            <ThemeSwitch />
            {actor.type === 'person' && actor.role !== 'user' && (
              <Link href="/admin/api-keys" className="btn btn-quiet px-3">
                API keys
              </Link>
            )}
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1} className="mx-auto w-full max-w-[1280px] flex-1 px-4 py-8 outline-none sm:px-6">
        <PageHeading
          title="The machine API"
          action={
            <a href="/api/v1/openapi.json" className="btn btn-small btn-plain">
              <FileJson aria-hidden="true" className="size-4" />
              OpenAPI {document.openapi} document
            </a>
          }
        >
          <Prose text={document.info.description} />
        </PageHeading>
        <Reference document={document} origin={config.appUrl.origin} />
      </main>
    </div>
  );
}
