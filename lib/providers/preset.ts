import type { ProviderRecordInput, presetNames } from '#lib/config/provider-record';

export type PresetName = (typeof presetNames)[number];

/** What a preset may set: everything but the entry's own identity and credentials. */
export type PresetFields = Partial<Omit<ProviderRecordInput, 'id' | 'preset' | 'client_id' | 'client_secret'>>;

/**
 * A provider's behaviour as data. `issuer` is what the operator wrote, if anything: the behaviour stays, the endpoints
 * move with it.
 */
export type Preset = (issuer: string | undefined) => PresetFields;
