import type { ParameterNames } from '#lib/oauth/types';

/** Parameters under the names that the server gives them, in their order, without the ones that it does not want. */
export function renameParameters(
  parameters: Iterable<[name: string, value: string]>,
  names: ParameterNames,
): [name: string, value: string][] {
  return [...parameters].flatMap(([name, value]): [string, string][] => {
    const named = Object.hasOwn(names, name) ? names[name] : name;
    return named === null ? [] : [[named ?? name, value]];
  });
}
