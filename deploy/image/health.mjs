// Ends with status 0 while the hub in this container answers: for HEALTHCHECK, and for probes that run a program.
const path = process.argv[2] === 'ready' ? '/readyz' : '/healthz';
try {
  const url = `http://127.0.0.1:${process.env.PORT || 3000}${path}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
