import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from '#lib/process-parts';

function read(file: string): string | null {
  try {
    return readFileSync(join(process.cwd(), file), 'utf8').trim();
  } catch {
    return null;
  }
}

/** The version and, where there is one, the build, so that a process of an older build can be told from the others. */
export function productVersion(): string {
  return once('product-version', () => {
    const { version = 'unknown' } = JSON.parse(read('package.json') ?? '{}') as { version?: string };
    const build = read('.next/BUILD_ID');
    return build ? `${version} (build ${build.slice(0, 8)})` : version;
  });
}
