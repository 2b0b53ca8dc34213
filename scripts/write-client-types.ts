// Writes sdk/src/api.ts anew: node scripts/write-client-types.ts
import { writeFileSync } from 'node:fs';
import { clientTypes } from '#scripts/client-types';

writeFileSync(new URL('../sdk/src/api.ts', import.meta.url), clientTypes());
