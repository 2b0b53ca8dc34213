import type { HttpRequest } from '@smithy/core/protocols';
import type { KmsRootConfig, VaultRoots } from '#lib/config/vault-root';
import { AppError } from '#lib/errors';
import type { GuardedFetch } from '#lib/outbound/guarded-fetch';
import { type KeyRoot, KeyServiceDown } from '#lib/vault/root';

/** AWS says so of text that this key did not make, or made with another encryption context (KMS API, `Decrypt`). */
const notOurs = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);

/** The encryption context: KMS authenticates it, and writes it to CloudTrail. */
const contextOf = (kid: string) => ({ 'grantkeep:purpose': 'data-key', 'grantkeep:key': kid });

/**
 * The SDK's way out: the guarded fetch, so that certificates, addresses and limits are as everywhere. The host follows
 * from the operator's own configuration, so it may be private, as the endpoint of a VPC is.
 */
async function createHandler(fetch: GuardedFetch) {
  const { HttpResponse } = await import('@smithy/core/protocols');
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request: HttpRequest) {
      const port = request.port ? `:${request.port}` : '';
      const host = `${request.hostname}${port}`;
      const query = new URLSearchParams(request.query as Record<string, string>).toString();
      const answer = await fetch(`${request.protocol}//${host}${request.path}${query && `?${query}`}`, {
        method: request.method,
        headers: request.headers,
        body: request.body instanceof Uint8Array ? new TextDecoder().decode(request.body) : request.body,
        operatorHosts: [host],
      });
      const headers = Object.fromEntries(answer.headers);
      const body = new Uint8Array(await answer.arrayBuffer());
      return { response: new HttpResponse({ statusCode: answer.status, headers, body }) };
    },
  };
}

/** The client of the official SDK, which signs (SigV4) and renews what it signs with. Loaded only where it is used. */
async function createClient(root: KmsRootConfig, aws: NonNullable<VaultRoots['aws']>, fetch: GuardedFetch) {
  const { KMSClient } = await import('@aws-sdk/client-kms');
  const requestHandler = await createHandler(fetch);
  const { region } = root;
  const { credentials, kmsEndpoint, stsEndpoint } = aws;
  const sts = { region, requestHandler, ...(stsEndpoint ? { endpoint: stsEndpoint } : {}) };
  // Never by the metadata service of a machine or container: its addresses are link-local, which the guard refuses.
  const shown =
    'roleArn' in credentials
      ? (await import('@aws-sdk/credential-provider-web-identity')).fromTokenFile({
          roleArn: credentials.roleArn,
          roleSessionName: 'grantkeep',
          webIdentityTokenFile: credentials.tokenFile,
          clientConfig: sts,
        })
      : credentials;
  const endpoint = kmsEndpoint ? { endpoint: kmsEndpoint } : {};
  return new KMSClient({ region, credentials: shown, requestHandler, maxAttempts: 2, ...endpoint });
}

/**
 * A key of AWS KMS as a root. The role needs `kms:Encrypt` and `kms:Decrypt` on it.
 * @param fetch the guarded fetch
 */
export function awsKmsRoot(root: KmsRootConfig, aws: NonNullable<VaultRoots['aws']>, fetch: GuardedFetch): KeyRoot {
  const { name, keyId: KeyId } = root;
  let made: ReturnType<typeof createClient> | undefined;
  const client = () => {
    made ??= createClient(root, aws, fetch);
    return made;
  };

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof Error && notOurs.has(cause.name)) throw new AppError('vault_tampered', { cause });
      throw new KeyServiceDown(name, cause);
    }
  }

  return {
    name,
    remote: true,
    wrap: (kid, key) =>
      ask(async () => {
        const { EncryptCommand } = await import('@aws-sdk/client-kms');
        const command = new EncryptCommand({ KeyId, Plaintext: key, EncryptionContext: contextOf(kid) });
        const { CiphertextBlob } = await (await client()).send(command);
        if (!CiphertextBlob) throw new Error('no ciphertext came');
        return Buffer.from(CiphertextBlob).toString('base64');
      }),
    unwrap: (kid, wrapped) =>
      ask(async () => {
        const { DecryptCommand } = await import('@aws-sdk/client-kms');
        const CiphertextBlob = Buffer.from(wrapped, 'base64');
        const command = new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext: contextOf(kid) });
        const { Plaintext } = await (await client()).send(command);
        if (Plaintext?.length !== 32) throw new Error('no key of 32 bytes came');
        return Uint8Array.from(Plaintext);
      }),
  };
}
