import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider';
import type { Namesake } from '#demo/namesake';
import { type ScopedSwitches, targetOfPayload } from '#demo/scoped-switches';
import type { ServerStore } from '#demo/store';
import type { Counts } from '#demo/switches';

interface AdapterParts {
  store: ServerStore;
  namesake: Namesake;
  switches: ScopedSwitches;
  counts: Counts;
}

/** oidc-provider's storage over the demo's store, with the rules on refresh tokens that differ between namesakes. */
export function createAdapter(parts: AdapterParts): (model: string) => Adapter {
  return (model) => adapterFor(model, parts);
}

function adapterFor(model: string, { store, namesake, switches, counts }: AdapterParts): Adapter {
  function find(id: string): AdapterPayload | undefined {
    const row = store.get(model, id);
    if (!row) return undefined;
    const payload: AdapterPayload = { ...row.payload, jti: id };
    if (model !== 'RefreshToken' || !payload.consumed) return payload;
    if (forgiven(row.payload)) return { ...payload, consumed: undefined };
    if (namesake.reuse === 'ends_grant') return payload;
    if (Provider.ctx?.oidc.route === 'token') counts.reuse_detected += 1;
    return undefined;
  }

  /** Within the leeway, and only for the token right before the newest one. */
  function forgiven(payload: Record<string, unknown>): boolean {
    const { grace_s: grace } = switches.for(targetOfPayload(payload));
    if (Date.now() - Number(payload.consumed_ms) > grace * 1000) return false;
    const rotations = [...store.list('RefreshToken')]
      .filter(([, row]) => row.payload.grantId === payload.grantId)
      .map(([, row]) => Number(row.payload.rotations ?? 0));
    return Math.max(...rotations) <= Number(payload.rotations ?? 0) + 1;
  }

  return {
    async upsert(id, payload, expiresIn) {
      store.set(model, id, payload, expiresIn);
    },
    async find(id) {
      return find(id);
    },
    async findByUid(uid) {
      for (const [key, row] of store.list(model)) {
        if (row.payload.uid === uid) return find(key.slice(model.length + 1));
      }
      return undefined;
    },
    async findByUserCode() {
      return undefined;
    },
    async destroy(id) {
      store.delete(model, id);
    },
    async consume(id) {
      const row = store.get(model, id);
      if (!row || row.payload.consumed) return;
      const now = Date.now();
      const consumed = { ...row.payload, consumed: Math.floor(now / 1000), consumed_ms: now };
      store.set(model, id, consumed, row.expires === null ? undefined : (row.expires - now) / 1000);
      if (model === 'RefreshToken' && namesake.rotationEndsAccessTokens) {
        store.deleteWhere('AccessToken', (token) => token.grantId === row.payload.grantId);
      }
    },
    async revokeByGrantId(grantId) {
      // oidc-provider ends the whole grant with any token; at these providers an access token ends alone.
      const oidc = Provider.ctx?.oidc;
      if (oidc?.route === 'revocation' && oidc.entities.AccessToken) return;
      store.deleteWhere(model, (payload) => payload.grantId === grantId);
    },
  };
}
