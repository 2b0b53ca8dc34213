// Preloaded (`node --import`) into a server that another process starts with a channel: when that process is gone,
// however it ended, the server is asked to end too.
if (process.channel) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
  // Not in the workers that the server starts, as `next dev` does: their channel is what keeps them alive.
  const at = process.execArgv.findIndex((word) => word.endsWith('/end-with-parent.mjs'));
  if (at > 0 && process.execArgv[at - 1] === '--import') process.execArgv.splice(at - 1, 2);
}
