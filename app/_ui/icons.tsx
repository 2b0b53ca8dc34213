'use client';
// For the reason that glyph.tsx names.

import type { SVGProps } from 'react';

/** An icon of this file. Its class gives its size; its colour is that of the text around it. */
export type IconComponent = (props: SVGProps<SVGSVGElement>) => React.JSX.Element;

interface DrawnProps {
  path: string;
  /** Dashes and gaps of the line; whole without. */
  dashes?: string | undefined;
  props: SVGProps<SVGSVGElement>;
}

/** A path on a field of 24 by 24. Assistive technology passes over an icon without a label. */
function drawn({ path, dashes, props }: DrawnProps): React.JSX.Element {
  const label = props['aria-label'];
  return (
    <svg
      viewBox="0 0 24 24"
      width="24"
      height="24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      strokeDasharray={dashes}
      {...props}
      role="img"
      aria-label={label}
      aria-hidden={!label}
    >
      <path d={path} />
    </svg>
  );
}

const icon =
  (path: string, dashes?: string): IconComponent =>
  (props) =>
    drawn({ path, dashes, props });

const ring = 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Z';

export const AppWindow = icon('M3 4h18v16H3ZM3 9h18M6 6.5v.01M9 6.5v.01');
export const Activity = icon('M2 12h5l3-8 4 16 3-8h5');
export const ArrowDown = icon('M12 5v14M6 13l6 6 6-6');
export const ArrowLeft = icon('M19 12H5M11 6l-6 6 6 6');
export const ArrowUp = icon('M12 19V5M6 11l6-6 6 6');
export const BellRing = icon(
  'M6 17v-6a6 6 0 0 1 12 0v6l1.5 1.5h-15ZM10 21.5h4M2.5 8a8 8 0 0 1 2-4M21.5 8a8 8 0 0 0-2-4',
);
export const Blocks = icon('M3 8h6.5v13H3ZM9.5 14.5H16V21H9.5ZM14 3h7v7h-7Z');
export const BookOpen = icon(
  'M12 6.5c-2-1.5-5-2.5-9-2.5v13.5c4 0 7 1 9 2.5 2-1.5 5-2.5 9-2.5V4c-4 0-7 1-9 2.5ZM12 6.5V20',
);
export const CalendarCheck = icon('M4 5.5h16V21H4ZM4 10h16M8 3v4M16 3v4M9 15l2 2 4-4');
export const Check = icon('M4 12.5 9.5 18 20 7');
export const ChevronLeft = icon('M15 5l-7 7 7 7');
export const ChevronRight = icon('M9 5l7 7-7 7');
export const CircleAlert = icon(`${ring}M12 7.5v5M12 16.5v.01`);
export const CircleCheck = icon(`${ring}M8 12.5l3 3 5-6`);
export const CircleDashed = icon(ring, '3 4.07');
export const CircleHelp = icon(`${ring}M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 17v.01`);
export const CircleMinus = icon(`${ring}M8 12h8`);
export const CirclePause = icon(`${ring}M10 9v6M14 9v6`);
export const CircleSlash = icon(`${ring}M5.6 18.4 18.4 5.6`);
export const CircleX = icon(`${ring}M9 9l6 6M15 9l-6 6`);
export const Clock = icon(`${ring}M12 7v5l3.5 2`);
export const Copy = icon('M9 9h11v11H9ZM15 9V4H4v11h5');
export const Download = icon('M12 4v11M7 10.5l5 5 5-5M4 20h16');
export const Ellipsis = icon(
  'M4 12a1 1 0 1 1 2 0 1 1 0 0 1-2 0ZM11 12a1 1 0 1 1 2 0 1 1 0 0 1-2 0ZM18 12a1 1 0 1 1 2 0 1 1 0 0 1-2 0Z',
);
export const Eye = icon(
  'M2 12c2.5-4.5 6-7 10-7s7.5 2.5 10 7c-2.5 4.5-6 7-10 7s-7.5-2.5-10-7ZM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z',
);
export const FileCheck = icon('M6 3h8l4 4v14H6ZM14 3v4h4M9.5 14l2 2 4-4');
export const FileJson = icon(
  'M5 3h9l5 5v13H5ZM14 3v5h5M10.5 12c-2 0-.5 2.5-2 2.5 1.5 0 0 2.5 2 2.5M13.5 12c2 0 .5 2.5 2 2.5-1.5 0 0 2.5-2 2.5',
);
export const Gauge = icon('M5 19a9 9 0 1 1 14 0M12 13.5l4-4.5');
export const History = icon('M3.5 4v5h5M3.5 9A9 9 0 1 1 3 12M12 7v5l3.5 2');
export const Info = icon(`${ring}M12 11.5v5M12 7.5v.01`);
export const KeyRound = icon('M15.5 3a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM11.6 12.4 3 21M6.5 17.5l3 3');
export const ListChecks = icon('M3 6.5l2 2 3-4M3 16.5l2 2 3-4M12 6.5h9M12 16.5h9');
export const LoaderCircle = icon('M12 3a9 9 0 1 0 9 9');
export const LockOpen = icon('M5 11h14v10H5ZM8 11V7a4 4 0 0 1 7.8-1.2');
export const LogIn = icon('M14 4h6v16h-6M4 12h11M10 7l5 5-5 5');
export const Menu = icon('M4 6h16M4 12h16M4 18h16');
export const Minus = icon('M5 12h14');
export const Monitor = icon('M3 4h18v12H3ZM8 20.5h8M12 16v4.5');
export const Moon = icon('M20 14.5A8.5 8.5 0 1 1 9.5 4 7 7 0 0 0 20 14.5Z');
export const Pause = icon('M8 5v14M16 5v14');
export const Play = icon('M7 4.5v15L19 12Z');
export const Plug = icon('M9 3v5M15 3v5M6 8h12v4a6 6 0 0 1-12 0ZM12 18v3.5');
export const Plus = icon('M12 5v14M5 12h14');
export const RotateCw = icon('M20.5 4v5h-5M20.5 9a9 9 0 1 0 .5 3');
export const ScrollText = icon('M5 3h14v18H5ZM9 8h6M9 12h6M9 16h3');
export const Search = icon('M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM15.5 15.5 21 21');
export const SearchX = icon('M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM15.5 15.5 21 21M8.5 8.5l4 4M12.5 8.5l-4 4');
export const Send = icon('M21 3 3 10l7 4 4 7ZM10 14 21 3');
export const ShieldCheck = icon('M12 3l8 3v6c0 4.5-3 7.5-8 9-5-1.5-8-4.5-8-9V6ZM8.5 12l2.5 2.5 4.5-5');
export const SlidersHorizontal = icon(
  'M3 7h9M18 7h3M3 17h3M12 17h9M15 4a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM9 14a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z',
);
export const Snowflake = icon(
  'M12 2.5 12 21.5M20.2 7.2 3.8 16.8M20.2 16.8 3.8 7.3M10 3.5 12 5.5 14 3.5M18.4 6 17.6 8.8 20.4 9.5M20.4 14.5 17.6 15.2 18.4 18M14 20.5 12 18.5 10 20.5M5.6 18 6.4 15.3 3.6 14.5M3.6 9.5 6.4 8.8 5.6 6',
);
export const Sun = icon(
  'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2v2M12 20v2M2 12h2M20 12h2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4',
);
export const TriangleAlert = icon('M12 3.5 22 20.5H2ZM12 10v4.5M12 17.5v.01');
export const Users = icon(
  'M9 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM2 20c0-3.5 3-5 7-5s7 1.5 7 5M16 4.5a4 4 0 0 1 0 7M18.5 15.5c2.3.7 3.5 2.2 3.5 4.5',
);
export const Vault = icon('M3 3h18v16H3ZM12 7.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7ZM6 19v2.5M18 19v2.5M12 11v.01');
export const Webhook = icon(
  'M12 3a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM5 15.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM19 15.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM10.8 7.7 6.2 15.8M13.2 7.7l4.6 8.1M7.5 18h9',
);
export const X = icon('M6 6l12 12M18 6 6 18');
