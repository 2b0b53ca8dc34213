import type { Metadata, Viewport } from 'next';
import localFont from 'next/font/local';
import { connection } from 'next/server';
import { ZoneProvider } from '#app/_ui/zone';
import { readTheme } from '#lib/cookies/theme';
import { readZone } from '#lib/cookies/zone';
import './globals.css';

// Asked for ahead of the style sheet. `optional`: one that comes late is for the next page, so that nothing moves once it is
// painted. Other scripts are left to the reader's system.
const sans = localFont({
  src: '../node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
  variable: '--font-latin',
  weight: '100 900',
  display: 'optional',
  // globals.css has one, behind the further letters.
  adjustFontFallback: false,
});
const sansFurther = localFont({
  src: '../node_modules/@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2',
  variable: '--font-further',
  weight: '100 900',
  display: 'optional',
  preload: false,
  adjustFontFallback: false,
  declarations: [
    {
      prop: 'unicode-range',
      value:
        'U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF',
    },
  ],
});
const mono = localFont({
  src: '../node_modules/@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2',
  variable: '--font-latin-mono',
  weight: '100 800',
  display: 'optional',
  preload: false,
  adjustFontFallback: false,
});

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
  const [theme, { zone, own }] = await Promise.all([readTheme(), readZone()]);
  return (
    <html
      lang="en"
      className={`${sans.variable} ${sansFurther.variable} ${mono.variable}`}
      data-theme={theme === 'system' ? undefined : theme}
    >
      <body>
        <ZoneProvider zone={zone} own={own}>
          {children}
        </ZoneProvider>
      </body>
    </html>
  );
}
