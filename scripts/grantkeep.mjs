// Starts the command line with the variables of `.env`, or with those of the demo where nothing else is configured.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The configuration has paths as the server sees them, which runs in the product's folder. Files in arguments are the caller's.
const { npm_lifecycle_event: script, INIT_CWD: npmCalledIn } = process.env;
process.env.GRANTKEEP_CALLED_IN = (script === 'grantkeep' && npmCalledIn) || process.cwd();
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const own = fileURLToPath(new URL('../.env', import.meta.url));
const demo = fileURLToPath(new URL('../.demo/demo.env', import.meta.url));

if (existsSync(own)) process.loadEnvFile(own);
else if (!process.env.APP_URL && existsSync(demo)) process.loadEnvFile(demo);

await import('../lib/cli/main.ts');
