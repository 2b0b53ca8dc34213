import { endAll, onEnd } from '#scripts/processes';
import { answers } from './answers.ts';
import { background } from './background.ts';
import type { Benchmark } from './benchmark.ts';
import { connect } from './connect.ts';
import { cost } from './cost.ts';
import { growth } from './growth.ts';
import { importRows } from './import.ts';
import { invariant } from './invariant.ts';
import { kills } from './kills.ts';
import { ledger } from './ledger.ts';
import { reseal } from './reseal.ts';
import { resealKills } from './reseal-kills.ts';
import { revoke } from './revoke.ts';
import { search } from './search.ts';
import { sickProvider } from './sick-provider.ts';
import { size } from './size.ts';
import { stampede } from './stampede.ts';
import { sweep } from './sweep.ts';
import { telemetry } from './telemetry.ts';
import { vend } from './vend.ts';

const benchmarks: Record<string, Benchmark> = {
  vend,
  stampede,
  sweep,
  revoke,
  reseal,
  'reseal-kills': resealKills,
  import: importRows,
  connect,
  'sick-provider': sickProvider,
  growth,
  cost,
  kills,
  invariant,
  answers,
  size,
  background,
  ledger,
  search,
  telemetry,
};

const [name = '', ...args] = process.argv.slice(2);
const chosen = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (!chosen) {
  console.error('Usage: npm run bench -- <name> [--quick] [--<parameter> <number>]\n');
  for (const [known, { about }] of Object.entries(benchmarks)) console.error(`  ${known.padEnd(14)} ${about}`);
  process.exit(2);
}
onEnd(async (status) => {
  await endAll();
  process.exit(status);
});
try {
  await chosen.start(name, args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await endAll();
}
