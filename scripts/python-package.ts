import { capture } from './processes.ts';
import { canInstallPackages, installPackages } from './system-packages.ts';

/** Debian's Python. */
export const python = '/usr/bin/python3';

/** Modules of Debian's Python, installed where that is possible. @throws Error where it is not */
export async function needPython(...modules: string[]): Promise<void> {
  const has = async () => (await capture(python, ['-c', `import ${modules.join(', ')}`])).status === 0;
  const packages = modules.map((name) => `python3-${name}`);
  if (await has()) return;
  if (canInstallPackages()) await installPackages(...packages);
  if (!(await has())) throw new Error(`Install ${packages.join(' and ')} for this test.`);
}
