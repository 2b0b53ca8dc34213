import next from 'next';
import { boot } from '#lib/boot';
import { serve } from './listen.ts';

// The product without its front door: every request goes through Next, the machine API too.

await boot();
const pages = next({ dev: false });
await pages.prepare();
serve(pages.getRequestHandler());
