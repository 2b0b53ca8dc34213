import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './processes.ts';

/** A component of a bill of materials, as far as it is looked at here. */
export interface BomComponent {
  name: string;
  version: string;
  purl: string;
  hashes?: { alg: string; content: string }[];
}

/** A bill of materials in CycloneDX 1.5 (ECMA-424). */
export interface Bom {
  bomFormat: 'CycloneDX';
  specVersion: string;
  version: number;
  metadata: { component: { name: string; version: string } };
  components: BomComponent[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

interface Locked {
  version?: string;
  integrity?: string;
  dev?: boolean;
}

/**
 * The packages that the product is made of by its lock file, as `name@version`. Packages of development are left out, and
 * those of other platforms, which the lock file names without their integrity.
 */
function productPackages(root: string): Set<string> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const kept = Object.entries(packages).filter(([path, { dev, integrity }]) => path !== '' && !dev && integrity);
  return new Set(kept.map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`));
}

/**
 * The bill of materials of the product, by npm's own `sbom`. Its `--omit dev` also leaves out packages that product and
 * development share, so the lock file decides here. Serial number and time are left out: one lock file makes one bill.
 * @throws Error with npm's own words
 */
export async function billOfMaterials(root: string): Promise<Bom> {
  const { status, output } = await capture('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: root,
  });
  if (status !== 0) throw new Error(`npm sbom ended with status ${status}: ${output.slice(0, 500)}`);
  const { serialNumber: _number, ...bom } = JSON.parse(output.slice(output.indexOf('{'))) as Bom & {
    serialNumber: string;
  };
  const { timestamp: _time, ...metadata } = bom.metadata as Bom['metadata'] & { timestamp: string };
  // npm names the product by its folder.
  metadata.component.name = 'grantkeep';
  const wanted = productPackages(root);
  const components = bom.components.filter(({ name, version }) => wanted.has(`${name}@${version}`));
  const own = `grantkeep@${metadata.component.version}`;
  const refs = new Set([own, ...wanted]);
  const dependencies = bom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }));
  return { ...bom, metadata, components, dependencies };
}
