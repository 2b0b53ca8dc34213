// Preloaded (`node --import`) into a server that another process starts with a channel: when that process is gone,
// however it ended, the server is asked to end too.
if (process.channel) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
