import { useEffect, useRef } from 'react';

/** Where what was done takes the button and its dialog off the page, the focus goes to the page and is not lost. */
export function useFocusWhenGone(open: boolean): void {
  const opened = useRef(false);
  useEffect(() => {
    opened.current ||= open;
  }, [open]);
  useEffect(
    () => () => {
      if (!opened.current) return;
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) document.getElementById('content')?.focus();
      });
    },
    [],
  );
}
