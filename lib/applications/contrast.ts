/** The texts that stand on a button of the accent colour, and the pages behind it, as `app/globals.css` has them. */
export const schemes = {
  light: { onAccent: '#ffffff', page: '#f8fbfb' },
  dark: { onAccent: '#04191e', page: '#0c1012' },
} as const;

/** The least contrast of text (WCAG 2.2, 1.4.3). */
export const leastContrast = 4.5;

/** The relative luminance of `#rrggbb` (WCAG 2.2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of two colours, 1 to 21. */
export function contrastOf(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The least contrast that a colour has in a scheme: under its text, and as a link on the page. */
export const contrastIn = (scheme: keyof typeof schemes, colour: string): number =>
  Math.min(...Object.values(schemes[scheme]).map((other) => contrastOf(colour, other)));
