// Loaded before the hub: the place where spans are made does its work and looks for nothing.
import { registerHooks } from 'node:module';

const place = /const tracing = existing<Tracing>\(tracingPart\);\s+return tracing \? [^;]+;/;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/lib/telemetry/span.ts')) return loaded;
    const source = String(loaded.source);
    if (!place.test(source)) throw new Error('lib/telemetry/span.ts reads in another way than this program knows.');
    return { ...loaded, source: source.replace(place, 'return work(nothing);') };
  },
});
