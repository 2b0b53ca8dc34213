/** The logo of an application beside its name, which says the same in words. */
export function ApplicationLogo({ src }: { src: string }) {
  // Next's own component would optimise it, which is off here; the route bounds its bytes and its size.
  // biome-ignore lint/performance/noImgElement: see above
  return <img src={src} alt="" width={40} height={40} className="size-10 flex-none rounded-md object-contain" />;
}
