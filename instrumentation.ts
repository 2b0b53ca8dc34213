/** Runs once when Next starts. With `server.ts` in front the process is up already and this finds it so. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { boot, failToStart } = await import('#lib/boot');
  const { nameErrorsThatPass } = await import('#lib/door/page-failures');
  nameErrorsThatPass();
  // Next would stay up and answer 500 to everything.
  await boot().catch(failToStart);
}
