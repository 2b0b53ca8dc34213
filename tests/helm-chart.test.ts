import { readFileSync } from 'node:fs';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Service } from 'kubernetes-models/v1/Service';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { environmentSchema } from '#lib/config/environment';
import { secretVariables } from '#lib/config/secret-files';
import { getHelm } from '#scripts/helm';
import { capture } from '#scripts/processes';

const chart = 'deploy/helm/grantkeep';
/** The least that an operator sets. */
const least = [
  ...[
    'image.repository=registry.example/grantkeep',
    'image.digest=sha256:abc',
    'env.SIGN_IN_ALLOW=google:@example.com',
  ],
  'env.APP_URL=https://connect.example.com',
];
const all = [...least, 'migration.secretName=grantkeep-owner', 'ingress.enabled=true', 'ingress.tlsSecretName=tls'];

/** The kinds of the API that the chart makes, each with its schema. */
const kinds = { Deployment, Job, Ingress, NetworkPolicy, PodDisruptionBudget, ConfigMap, Service };
type Kind = keyof typeof kinds;

let helm: string;
beforeAll(async () => {
  helm = await getHelm();
}, 300_000);

const set = (values: readonly string[]) => values.flatMap((value) => ['--set-string', value]);
/** `ingress.enabled` is no text. */
const run = (verb: string[], values: readonly string[]) =>
  capture(helm, [
    ...verb,
    ...set(values.filter((one) => !one.endsWith('=true'))),
    ...values.filter((one) => one.endsWith('=true')).flatMap((one) => ['--set', one]),
  ]);

interface Manifest {
  kind: Kind;
  metadata: { name: string; annotations?: Record<string, string> };
}

async function render(values: readonly string[]): Promise<Manifest[]> {
  const { status, output } = await run(['template', 'hub', chart], values);
  if (status !== 0) throw new Error(output);
  return parseAllDocuments(output).flatMap((document) => (document.toJS() as Manifest | null) ?? []);
}

async function deploymentOf(values: readonly string[]) {
  const found = (await render(values)).find(({ kind }) => kind === 'Deployment');
  const pod = new Deployment(found as never).spec?.template.spec;
  const [container] = pod?.containers ?? [];
  if (!pod || !container) throw new Error('no pod');
  return { pod, container };
}

describe('the chart', () => {
  test('passes Helm’s own checks', async () => {
    const { status, output } = await run(['lint', '--strict', chart], all);
    expect([status, output]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
  });

  test('makes objects that the API’s schemas take', async () => {
    const manifests = await render(all);
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(Object.keys(kinds).sort());
    for (const manifest of manifests) {
      const Model = kinds[manifest.kind] as unknown as new (given: Manifest) => { validate(): void };
      expect(() => new Model(manifest).validate()).not.toThrow();
      const broken = { ...manifest, spec: 'none', data: 'none' };
      expect(() => new Model(broken).validate()).toThrow();
    }
  });

  test.each(least.filter((value) => !value.startsWith('image.digest')))('refuses to go without %s', async (value) => {
    await expect(render(least.filter((one) => one !== value))).rejects.toThrow(/is required/);
  });

  test('runs the image without rights on a read-only root, and gives it time to end', async () => {
    const { pod, container } = await deploymentOf(all);
    expect(container.image).toBe('registry.example/grantkeep@sha256:abc');
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const [, uid] = /^USER (\d+):/m.exec(readFileSync('Containerfile', 'utf8')) ?? [];
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: Number(uid) });
    expect(pod.automountServiceAccountToken).toBe(false);
    const grace = Number(container.env?.find(({ name }) => name === 'DRAIN_GRACE_SECONDS')?.value);
    expect(pod.terminationGracePeriodSeconds).toBe(grace + 30);
    expect(container.readinessProbe?.httpGet?.path).toBe('/readyz');
    expect(container.livenessProbe?.httpGet?.path).toBe('/healthz');
  });

  test('sets variables that the product reads, and mounts a file for each secret that it names', async () => {
    const { pod, container } = await deploymentOf([...all, 'env.TRUSTED_PROXIES=10.0.0.0/8']);
    const known = [...Object.keys(environmentSchema.shape), ...secretVariables.map((name) => `${name}_FILE`)];
    const names = container.env?.map(({ name }) => name) ?? [];
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    const mounted = pod.volumes?.find(({ name }) => name === 'secrets')?.secret?.items?.map(({ path }) => path);
    const named = container.env?.filter(({ name }) => name.endsWith('_FILE') && name !== 'PROVIDERS_FILE');
    expect(named?.map(({ value }) => value?.replace('/run/secrets/grantkeep/', ''))).toEqual(mounted);
    // Through a file of its own a change would never reach the pod.
    expect(container.volumeMounts?.filter(({ subPath }) => subPath !== undefined)).toEqual([]);
  });

  test('migrates before a version with the owner’s role alone, where there is one', async () => {
    const found = (await render(all)).find(({ kind }) => kind === 'Job');
    expect(found?.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade');
    expect((await render(least)).some(({ kind }) => kind === 'Job')).toBe(false);
  });
});
