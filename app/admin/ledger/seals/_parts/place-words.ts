const words: Record<string, string> = { seal: 'seal', month: 'month', row: 'entry', checkpoint: 'checkpoint' };

/** `seal=7 month=2026-11 row=12` in words: «seal 7, month 2026-11, entry 12». */
export function placeWords(place: string): string {
  const parts = [...place.matchAll(/(\w+)=(\S+)/g)].flatMap(([, name = '', value]) =>
    words[name] ? [`${words[name]} ${value}`] : [],
  );
  return parts.length > 0 ? parts.join(', ') : 'not known';
}
