import type { ProviderRecordInput, presetNames } from '#lib/config/provider-record';

export type PresetName = (typeof presetNames)[number];

/** The fields that a preset may set: everything but the entry's own identity and credentials. */
export type PresetFields = Partial<
  Omit<ProviderRecordInput, 'id' | 'preset' | 'client_id' | 'client_secret' | 'client_secret_previous'>
>;

/** Facts that an operator needs beside the record. docs/presets.md is made of them. */
export interface PresetAbout {
  /** Where the provider's applications are registered. */
  readonly console: string;
  /** The steps in the console: one sentence each, in the provider's own words for things. */
  readonly setup: readonly string[];
  /** Pages that the record was checked against, mostly the provider's own, and what they say. */
  readonly sources: readonly { readonly url: string; readonly says: string }[];
  /** The parts of the record that no source above states, or where sources disagree. */
  readonly unconfirmed?: readonly string[];
  /**
   * The sources' word on PKCE with a client secret. `undocumented`: it is sent all the same, since a server ignores
   * parameters that it does not know (RFC 6749 §3.1).
   */
  readonly pkce: 'documented' | 'undocumented' | 'refused';
}

/**
 * A provider's behaviour as data, made from documentation: none of it was tried against the real server.
 * `record` gets the issuer that the operator wrote, if anything: the behaviour stays, the endpoints move with it.
 */
export interface Preset {
  readonly about: PresetAbout;
  readonly record: (issuer?: string) => PresetFields;
}
