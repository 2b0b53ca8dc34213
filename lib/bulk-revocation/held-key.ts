import { z } from 'zod';
import { type RevocationKey, refusedGeneration } from '#lib/revocation/claim-revocations';

/** Names a revocation in forms and commands: `<connection or refused grant>:<generation>:<person>`; the person may be empty. */
export const heldId = z
  .string()
  .regex(/^(con|rfg)_[0-9a-z]{16,32}:(-1|\d{1,9}):(per_[0-9a-z]{16})?$/)
  .transform((text): RevocationKey => {
    const [connectionId = '', generation = '', personId = ''] = text.split(':');
    return { connectionId, replacedGeneration: Number(generation), personId };
  });

export const heldIdOf = ({ connectionId, replacedGeneration, personId }: RevocationKey): string =>
  `${connectionId}:${replacedGeneration}:${personId}`;

/** The object of a held revocation. */
export const heldKindOf = ({ replacedGeneration }: RevocationKey): 'connection' | 'replaced' | 'refused' =>
  replacedGeneration === 0 ? 'connection' : replacedGeneration === refusedGeneration ? 'refused' : 'replaced';
