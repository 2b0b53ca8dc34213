// Writes docs/conformance.md anew: node scripts/write-conformance-page.ts
import { writeFileSync } from 'node:fs';
import { readResults } from '#lib/conformance/results';
import { conformancePage } from '#scripts/conformance-page';

writeFileSync(new URL('../docs/conformance.md', import.meta.url), conformancePage(readResults('.')));
