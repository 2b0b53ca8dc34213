/** How this process runs, also before its configuration is known or where that is faulty. */
export function isProduction(): boolean {
  const mode = process.env.NODE_ENV;
  return mode !== 'development' && mode !== 'test';
}
