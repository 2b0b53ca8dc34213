import type { PresetName } from '#lib/providers/preset';
import { airtable } from '#tests/presets/answers/airtable';
import { asana } from '#tests/presets/answers/asana';
import { atlassian } from '#tests/presets/answers/atlassian';
import { bitbucket } from '#tests/presets/answers/bitbucket';
import { box } from '#tests/presets/answers/box';
import { discord } from '#tests/presets/answers/discord';
import { dropbox } from '#tests/presets/answers/dropbox';
import { entra } from '#tests/presets/answers/entra';
import { figma } from '#tests/presets/answers/figma';
import { gitlab } from '#tests/presets/answers/gitlab';
import { hubspot } from '#tests/presets/answers/hubspot';
import { intercom } from '#tests/presets/answers/intercom';
import { linear } from '#tests/presets/answers/linear';
import { linkedin } from '#tests/presets/answers/linkedin';
import { monday } from '#tests/presets/answers/monday';
import { notion } from '#tests/presets/answers/notion';
import { quickbooks } from '#tests/presets/answers/quickbooks';
import { shopify } from '#tests/presets/answers/shopify';
import { slack, slackUser } from '#tests/presets/answers/slack';
import { strava } from '#tests/presets/answers/strava';
import { stripe } from '#tests/presets/answers/stripe';
import { x } from '#tests/presets/answers/x';
import { xero } from '#tests/presets/answers/xero';
import { zendesk } from '#tests/presets/answers/zendesk';
import { zoom } from '#tests/presets/answers/zoom';
import type { DocumentedServer } from '#tests/presets/documented';

/** The providers that presets are for, as their documentation describes them. */
export const documentedServers: Partial<Record<PresetName, DocumentedServer>> = {
  airtable,
  asana,
  atlassian,
  bitbucket,
  box,
  discord,
  dropbox,
  entra,
  figma,
  gitlab,
  hubspot,
  intercom,
  linear,
  linkedin,
  monday,
  notion,
  quickbooks,
  shopify,
  slack,
  strava,
  stripe,
  x,
  xero,
  zendesk,
  zoom,
  'slack-user': slackUser,
};
