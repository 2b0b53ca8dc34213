// Writes docs/presets.md anew: node scripts/write-preset-page.ts
import { writeFileSync } from 'node:fs';
import { presetPage } from '#scripts/preset-page';

writeFileSync(new URL('../docs/presets.md', import.meta.url), presetPage());
