import type { Preset, PresetName } from '#lib/providers/preset';
import { airtable } from '#lib/providers/presets/airtable';
import { asana } from '#lib/providers/presets/asana';
import { atlassian } from '#lib/providers/presets/atlassian';
import { auth0 } from '#lib/providers/presets/auth0';
import { bitbucket } from '#lib/providers/presets/bitbucket';
import { box } from '#lib/providers/presets/box';
import { discord } from '#lib/providers/presets/discord';
import { dropbox } from '#lib/providers/presets/dropbox';
import { entra } from '#lib/providers/presets/entra';
import { figma } from '#lib/providers/presets/figma';
import { github } from '#lib/providers/presets/github';
import { gitlab } from '#lib/providers/presets/gitlab';
import { google } from '#lib/providers/presets/google';
import { hubspot } from '#lib/providers/presets/hubspot';
import { intercom } from '#lib/providers/presets/intercom';
import { linear } from '#lib/providers/presets/linear';
import { linkedin } from '#lib/providers/presets/linkedin';
import { monday } from '#lib/providers/presets/monday';
import { notion } from '#lib/providers/presets/notion';
import { oidc } from '#lib/providers/presets/oidc';
import { okta } from '#lib/providers/presets/okta';
import { quickbooks } from '#lib/providers/presets/quickbooks';
import { salesforce } from '#lib/providers/presets/salesforce';
import { shopify } from '#lib/providers/presets/shopify';
import { slack } from '#lib/providers/presets/slack';
import { slackUser } from '#lib/providers/presets/slack-user';
import { strava } from '#lib/providers/presets/strava';
import { stripe } from '#lib/providers/presets/stripe';
import { x } from '#lib/providers/presets/x';
import { xero } from '#lib/providers/presets/xero';
import { zendesk } from '#lib/providers/presets/zendesk';
import { zoom } from '#lib/providers/presets/zoom';

/** Every preset by the name that an entry gives it. */
export const presets: Record<PresetName, Preset> = {
  google,
  github,
  salesforce,
  okta,
  auth0,
  oidc,
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
  'slack-user': slackUser,
  strava,
  stripe,
  x,
  xero,
  zendesk,
  zoom,
};
