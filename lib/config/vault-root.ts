import { z } from 'zod';
import { hostWithPort, isLoopbackHost } from '#lib/config/address-class';

/** A key of AWS KMS, and how its service is asked. */
export interface KmsRootConfig {
  kind: 'aws-kms';
  /** The entry as it was written, which names the root in the database. */
  name: string;
  /** ARN of a key, or an alias. */
  keyId: string;
  region: string;
}

/** A key of a Transit engine, as Vault and OpenBao have them. */
export interface TransitRootConfig {
  kind: 'transit';
  name: string;
  origin: string;
  /** Where the engine is mounted, without slashes at its ends. */
  mount: string;
  key: string;
}

export type VaultRootConfig = KmsRootConfig | TransitRootConfig;

const arn = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:(?:key|alias)\/[A-Za-z0-9/_-]+$/;
const alias = /^alias\/[A-Za-z0-9/_-]+$/;

function readKms(name: string, keyId: string): KmsRootConfig | string {
  const [, region = ''] = arn.exec(keyId) ?? [];
  if (!region && !alias.test(keyId)) return `"${name}" must be aws-kms: and the ARN of a key, or alias/NAME`;
  return { kind: 'aws-kms', name, keyId, region };
}

function readTransit(name: string, address: string): TransitRootConfig | string {
  const url = URL.parse(address);
  const [, mount, key] = /^\/(?:v1\/)?([A-Za-z0-9/_-]+)\/keys\/([A-Za-z0-9_.-]+)$/.exec(url?.pathname ?? '') ?? [];
  if (!url || !mount || !key) return `"${name}" must be transit:https://HOST/MOUNT/keys/NAME`;
  if (url.username || url.password || url.search || url.hash) return `"${name}" must have neither a user nor a query`;
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url)))
    return `"${name}" must be an https: address`;
  return { kind: 'transit', name, origin: url.origin, mount, key };
}

/** `VAULT_ROOT`: `aws-kms:ARN or alias/NAME`, `transit:https://HOST/MOUNT/keys/NAME`, comma list; the first wraps, all unwrap. */
export const vaultRoots = z
  .string()
  .default('')
  .transform((text, ctx) => {
    const roots: VaultRootConfig[] = [];
    for (const entry of text.split(',').map((item) => item.trim())) {
      if (entry === '') continue;
      const [kind = '', rest = ''] = [entry.slice(0, entry.indexOf(':')), entry.slice(entry.indexOf(':') + 1)];
      const read =
        kind === 'aws-kms'
          ? readKms(entry, rest)
          : kind === 'transit'
            ? readTransit(entry, rest)
            : 'each entry must begin with aws-kms: or transit:';
      if (typeof read === 'string') ctx.addIssue(read);
      else if (roots.some(({ name }) => name === read.name)) ctx.addIssue(`${entry} is given twice`);
      else roots.push(read);
    }
    return roots;
  });

/** The variables that go with `VAULT_ROOT`. */
interface RootEnvironment {
  VAULT_ROOT: VaultRootConfig[];
  VAULT_ROOT_TOKEN?: string | undefined;
  VAULT_ROOT_TOKEN_FILE?: string | undefined;
  AWS_REGION?: string | undefined;
  AWS_ACCESS_KEY_ID?: string | undefined;
  AWS_SECRET_ACCESS_KEY?: string | undefined;
  AWS_SESSION_TOKEN?: string | undefined;
  AWS_ROLE_ARN?: string | undefined;
  AWS_WEB_IDENTITY_TOKEN_FILE?: string | undefined;
  AWS_ENDPOINT_URL_KMS?: string | undefined;
  AWS_ENDPOINT_URL_STS?: string | undefined;
}

/** How this process shows AWS who it is: keys of its own, or a role by a token that its platform writes to a file. */
export type AwsCredentials =
  | { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  | { roleArn: string; tokenFile: string };

/** Root keys outside this process, with what they need to be asked. */
export interface VaultRoots {
  roots: VaultRootConfig[];
  aws: { credentials: AwsCredentials; kmsEndpoint?: string; stsEndpoint?: string } | undefined;
  /** Of Transit engines. A file is read at each call, since an agent may write another token into it. */
  token: { value: string } | { file: string } | undefined;
}

function awsCredentials(env: RootEnvironment): AwsCredentials | undefined {
  if (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY)
    return {
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      ...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
    };
  if (env.AWS_ROLE_ARN && env.AWS_WEB_IDENTITY_TOKEN_FILE)
    return { roleArn: env.AWS_ROLE_ARN, tokenFile: env.AWS_WEB_IDENTITY_TOKEN_FILE };
  return undefined;
}

/** Puts the variables together. Faults are pushed, each with the variable that it is about. */
export function readVaultRoots(env: RootEnvironment, faults: string[]): VaultRoots {
  const roots = env.VAULT_ROOT.map((root) =>
    root.kind === 'aws-kms' ? { ...root, region: root.region || (env.AWS_REGION ?? '') } : root,
  );
  const kms = roots.filter((root) => root.kind === 'aws-kms');
  const credentials = awsCredentials(env);
  if (kms.some(({ region }) => region === '')) faults.push('AWS_REGION: is required beside an alias in VAULT_ROOT');
  if (kms.length > 0 && !credentials)
    faults.push(
      'AWS_ACCESS_KEY_ID: is required with AWS_SECRET_ACCESS_KEY beside aws-kms in VAULT_ROOT, or AWS_ROLE_ARN with AWS_WEB_IDENTITY_TOKEN_FILE',
    );
  const token = env.VAULT_ROOT_TOKEN_FILE
    ? { file: env.VAULT_ROOT_TOKEN_FILE }
    : env.VAULT_ROOT_TOKEN
      ? { value: env.VAULT_ROOT_TOKEN }
      : undefined;
  if (roots.some(({ kind }) => kind === 'transit') && !token)
    faults.push('VAULT_ROOT_TOKEN_FILE: is required beside transit in VAULT_ROOT, or VAULT_ROOT_TOKEN');
  for (const name of ['AWS_ENDPOINT_URL_KMS', 'AWS_ENDPOINT_URL_STS'] as const) {
    const url = env[name] === undefined ? undefined : URL.parse(env[name]);
    if (url === undefined) continue;
    if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url))))
      faults.push(`${name}: must be an https: address`);
  }
  const { AWS_ENDPOINT_URL_KMS: kmsEndpoint, AWS_ENDPOINT_URL_STS: stsEndpoint } = env;
  return {
    roots,
    aws: credentials && {
      credentials,
      ...(kmsEndpoint ? { kmsEndpoint } : {}),
      ...(stsEndpoint ? { stsEndpoint } : {}),
    },
    token,
  };
}

/** The host that the operator wrote, or that follows from the region, for the guard over calls to the outside. */
export const hostOf = (address: string): string => hostWithPort(new URL(address));
