import {
  siAirtable,
  siAsana,
  siAtlassian,
  siAuth0,
  siBitbucket,
  siBox,
  siDiscord,
  siDropbox,
  siFigma,
  siGithub,
  siGitlab,
  siGoogle,
  siHubspot,
  siIntercom,
  siLinear,
  siNotion,
  siOkta,
  siQuickbooks,
  siShopify,
  siStrava,
  siStripe,
  siX,
  siXero,
  siZendesk,
  siZoom,
} from 'simple-icons';
import { Glyph } from '#app/_ui/glyph';

/** Marks by preset or id, one colour only. A provider without one gets a tile with its initial. */
const marks: Record<string, { path: string }> = {
  airtable: siAirtable,
  asana: siAsana,
  atlassian: siAtlassian,
  auth0: siAuth0,
  bitbucket: siBitbucket,
  box: siBox,
  discord: siDiscord,
  dropbox: siDropbox,
  figma: siFigma,
  github: siGithub,
  gitlab: siGitlab,
  google: siGoogle,
  hubspot: siHubspot,
  intercom: siIntercom,
  linear: siLinear,
  notion: siNotion,
  okta: siOkta,
  quickbooks: siQuickbooks,
  shopify: siShopify,
  strava: siStrava,
  stripe: siStripe,
  x: siX,
  xero: siXero,
  zendesk: siZendesk,
  zoom: siZoom,
};

interface ProviderMarkProps {
  provider: { id: string; name: string; preset: string | null };
  size?: 'small' | 'large';
}

/** The provider's mark. Always beside its name, so that it is decoration to a screen reader. */
export function ProviderMark({ provider, size = 'large' }: ProviderMarkProps) {
  const mark = marks[provider.id] ?? marks[provider.preset ?? ''];
  const large = size === 'large';
  return (
    <span
      aria-hidden="true"
      className={`inline-grid flex-none place-items-center rounded-lg bg-sunken text-ink ${large ? 'size-10' : 'size-6 rounded-md'}`}
    >
      {mark ? (
        <Glyph path={mark.path} className={large ? 'size-5' : 'size-3.5'} />
      ) : (
        <span className={large ? 'text-section font-semibold' : 'text-meta font-semibold'}>
          {provider.name.slice(0, 1).toUpperCase()}
        </span>
      )}
    </span>
  );
}
