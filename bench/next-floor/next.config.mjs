/** @type {import('next').NextConfig} */
const nextConfig = {
  poweredByHeader: false,
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: ['postgres'],
  // The packages are a link to those of the project, which lies elsewhere.
  turbopack: { root: '/' },
};

export default nextConfig;
