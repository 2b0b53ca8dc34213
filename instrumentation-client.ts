/**
 * Runs in the browser before React. Next and React add scripts for the next page to the head, without integrity: each of
 * the build gets its own here, as the door wrote it down (lib/door/script-tags.ts). Without that meta element, as while
 * developing, scripts stay as they are.
 */
const listed = document.querySelector<HTMLMetaElement>('meta[name="script-integrity"]')?.content ?? '';
const integrity = new Map(
  listed.split(' ').map((pair): [path: string, hash: string] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)];
  }),
);

function complete(node: Node): void {
  if (!(node instanceof HTMLScriptElement) || node.src === '' || node.integrity !== '') return;
  const { origin, pathname } = new URL(node.src);
  const hash = origin === location.origin ? integrity.get(pathname) : undefined;
  if (hash === undefined) return;
  node.integrity = hash;
  node.crossOrigin = 'anonymous';
}

const { appendChild, insertBefore } = Node.prototype;
document.head.appendChild = function append<T extends Node>(this: Node, node: T): T {
  complete(node);
  return appendChild.call(this, node) as T;
};
document.head.insertBefore = function insert<T extends Node>(this: Node, node: T, before: Node | null): T {
  complete(node);
  return insertBefore.call(this, node, before) as T;
};
