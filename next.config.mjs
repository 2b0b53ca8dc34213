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

export default nextConfig;
