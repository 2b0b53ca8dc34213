import { hash } from 'node:crypto';

/** @type {import('next').NextConfig} */
const nextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // No page has such an image, and Next's optimiser would fetch the app's own addresses past `server.ts`.
  images: { unoptimized: true },
  // Browsers ask for this address by themselves whenever a page has not named its icon yet.
  rewrites: async () => [{ source: '/favicon.ico', destination: '/icon.svg' }],
  // `npm run typecheck` and `npm test` check types; a build need not do it again.
  typescript: { ignoreBuildErrors: true },
  // These load WebAssembly or drivers of their own at run time; bundling breaks them.
  serverExternalPackages: [
    '@electric-sql/pglite',
    'postgres',
    'pg',
    'pino',
    'pino-pretty',
    'undici',
    'rate-limiter-flexible',
    'nodemailer',
    '@aws-sdk/client-kms',
    '@aws-sdk/credential-provider-web-identity',
    '@smithy/core',
  ],
};

/**
 * Names the build by its sources, so that two builds of the same sources are the same.
 * @param {string} phase
 * @returns {Promise<import('next').NextConfig>}
 */
export default async function config(phase) {
  // The server reads this file, too. Its image has nothing that only a build needs, as Next's own constants.
  if (phase !== 'phase-production-build') return nextConfig;
  // Next also salts the names of server actions with this key. A random one would give each build other names: a form of a page
  // from before a rolling restart would reach no action. Nothing is encrypted by it, since no action is a closure.
  process.env.NEXT_SERVER_ACTIONS_ENCRYPTION_KEY = hash('sha256', 'names of server actions', 'base64');
  const { sourcesFingerprint } = await import('./scripts/sources-fingerprint.ts');
  const id = sourcesFingerprint().slice(0, 21);
  return { ...nextConfig, generateBuildId: () => id };
}
