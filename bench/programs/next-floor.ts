import next from 'next';
import { serve } from './listen.ts';

// The floor under every vend through Next: a bare route handler, started as the product starts Next.

const pages = next({ dev: false, dir: process.env.FLOOR_APP ?? '' });
await pages.prepare();
serve(pages.getRequestHandler());
