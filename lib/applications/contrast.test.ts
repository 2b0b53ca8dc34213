import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contrastIn, contrastOf, schemes } from '#lib/applications/contrast';

/** `#rrggbb` of an OKLCH colour (CSS Color 4 §9.4). */
function hexOf(lightness: number, chroma: number, hue: number): string {
  const [a, b] = [Math.cos((hue * Math.PI) / 180) * chroma, Math.sin((hue * Math.PI) / 180) * chroma];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const parts = linear.map((part) => {
    const bounded = Math.min(1, Math.max(0, part));
    const coded = bounded <= 0.0031308 ? 12.92 * bounded : 1.055 * bounded ** (1 / 2.4) - 0.055;
    return Math.round(coded * 255)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${parts.join('')}`;
}

test('the colours that a contrast is measured against are those of the pages', () => {
  const css = readFileSync('app/globals.css', 'utf8');
  const pair = (token: string) => {
    const [, both = ''] = new RegExp(`--${token}: light-dark\\((.*)\\);`).exec(css) ?? [];
    return [...both.matchAll(/oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)|oklch\((1) 0 0\)/g)].map(([, l, c, h, white]) =>
      white ? '#ffffff' : hexOf(Number(l), Number(c), Number(h)),
    );
  };
  const [onLight, onDark] = pair('on-accent');
  const [lightPage, darkPage] = pair('page');
  expect(schemes).toEqual({
    light: { onAccent: onLight, page: lightPage },
    dark: { onAccent: onDark, page: darkPage },
  });
});

test.each([
  ['#000000', '#ffffff', 21],
  ['#ffffff', '#ffffff', 1],
  ['#767676', '#ffffff', 4.54],
  ['#777777', '#ffffff', 4.48],
])('%s and %s have a contrast of %d', (one, other, contrast) => {
  expect(contrastOf(one, other)).toBeCloseTo(contrast, 2);
  expect(contrastOf(other, one)).toBeCloseTo(contrast, 2);
});

test('a colour is measured as a button and as a link', () => {
  expect(contrastIn('light', '#767676')).toBeLessThan(4.5);
  expect(contrastIn('light', '#1d4ed8')).toBeGreaterThan(4.5);
  expect(contrastIn('dark', '#93c5fd')).toBeGreaterThan(4.5);
  expect(contrastIn('dark', '#1d4ed8')).toBeLessThan(4.5);
});
