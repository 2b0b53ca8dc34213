import { CopyButton } from '#app/_ui/copy-button';
import { Fact, Facts } from '#app/_ui/facts';
import { ScopeList } from '#app/_ui/scope-list';
import type { ProviderDescription } from '#lib/provider-check/describe-provider';

const Code = ({ children }: { children: React.ReactNode }) => (
  <code className="font-mono text-meta wrap-anywhere select-all">{children}</code>
);

/** What belongs into the provider's console, and where the hub calls. */
export function Setup({ about }: { about: ProviderDescription }) {
  return (
    <Facts>
      <Fact label="Redirect URI">
        <div className="flex flex-col items-start gap-2">
          <Code>{about.redirectUri}</Code>
          <CopyButton text={about.redirectUri} label="Copy the redirect URI" />
          <span className="text-meta text-soft">Register it in the provider’s console, letter by letter.</span>
        </div>
      </Fact>
      <Fact label="Client id">
        <Code>{about.clientId}</Code>
      </Fact>
      <Fact label="Issuer">
        <Code>{about.issuer}</Code>
      </Fact>
      {about.endpoints
        .filter(({ name, url }) => url !== null || !['refresh_endpoint', 'introspection_endpoint'].includes(name))
        .map(({ name, url }) => (
          <Fact
            key={name}
            label={name
              .replaceAll('_', ' ')
              .replace('jwks uri', 'JWKS URI')
              .replace(/^./, (first) => first.toUpperCase())}
          >
            {url ? <Code>{url}</Code> : <span className="text-soft">as the server’s metadata says</span>}
          </Fact>
        ))}
      <Fact label="Scopes">
        {about.scopes.length > 0 ? <ScopeList scopes={about.scopes} kind="asked" names /> : 'none'}
      </Fact>
    </Facts>
  );
}
