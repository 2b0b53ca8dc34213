import { hearEndSignals } from '#lib/end-signals';
import { ignoreInspectorSignal, ownOutput } from '#lib/printed';
import { outliveHangup } from '#lib/reload/hangup';

// Before the rest is loaded, which takes seconds: what that prints goes into the log, and the first line comes at once.
ignoreInspectorSignal();
outliveHangup();
hearEndSignals();
const releaseFaults = ownOutput();
const [{ serve }, { failToStart }] = await Promise.all([import('#lib/serve'), import('#lib/boot')]);
await serve(releaseFaults).catch(failToStart);
