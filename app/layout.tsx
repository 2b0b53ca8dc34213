import type { Metadata, Viewport } from 'next';
import { connection } from 'next/server';
import { readTheme } from '#lib/cookies/theme';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Grantkeep', template: '%s · Grantkeep' },
  description: 'Your connected accounts, kept in one place.',
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  colorScheme: 'light dark',
};

export default async function RootLayout({ children }: { children: React.ReactNode }) {
  // The nonce of the policy exists only per request, so no page may be made ahead of one.
  await connection();
  const theme = await readTheme();
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme}>
      <body>{children}</body>
    </html>
  );
}
