import { ApplicationLogo } from '#app/_ui/application-logo';
import type { OpenConnectSession } from '#lib/connect-sessions/open';

/** The colours and the logo of an application, for a page in its name. */
export function ApplicationFrame({ application }: { application: OpenConnectSession['application'] }) {
  return (
    <>
      {application.hasColours && (
        <link rel="stylesheet" href={`/applications/${application.id}/colours.css`} precedence="default" />
      )}
      {application.hasLogo && <ApplicationLogo src={`/applications/${application.id}/logo`} />}
    </>
  );
}

/** The way to the people who run it. */
export function AskApplication({ application: { name, contact } }: { application: OpenConnectSession['application'] }) {
  return (
    <a
      href={contact.startsWith('https:') ? contact : `mailto:${contact}`}
      className="link wrap-anywhere"
      rel="noreferrer"
    >
      Ask {name}
    </a>
  );
}
