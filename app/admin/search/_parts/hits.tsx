import { Link } from '#app/_ui/link';
import { Panel } from '#app/_ui/panel';
import { ProviderMark } from '#app/_ui/provider-mark';
import { Status } from '#app/_ui/status';
import { TimeOr } from '#app/_ui/time';
import type { SearchResult } from '#lib/search/search-everything';
import { roleWords } from '#ui/role-words';
import { idsText } from '../../applications/_parts/ids-text.ts';
import { personName } from '../../connections/_parts/connection-table.tsx';
import { leadAddress } from './lead-address.ts';

const keyWords = { active: 'Active', expired: 'Expired', revoked: 'Revoked' } as const;

/** All that fits the words, by kind, each with its state and what last happened to it. */
export function Hits({ result, text }: { result: SearchResult; text: string }) {
  const { people, connections, apiKeys, applications, providers, more, words } = result;
  const q = encodeURIComponent(words?.text ?? text);
  const within = words?.provider ? `&provider=${encodeURIComponent(words.provider.id)}` : '';
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      {people.length > 0 && (
        <Panel id="people" title="People" tight>
          <ul>
            {people.map((person) => (
              <Hit
                key={person.id}
                href={leadAddress({ kind: 'person', id: person.id })}
                name={person.name ?? person.email ?? person.id}
                about={
                  person.application
                    ? `through ${person.application.name}, there ${idsText(person.application)}`
                    : [person.name && person.email, roleWords[person.role].word].filter(Boolean).join(', ')
                }
              >
                {person.status === 'disabled' ? 'Disabled' : <Connected count={person.connections} />}
                {!person.application && (
                  <>
                    <br />
                    signed in <TimeOr at={person.lastSignedInAt} otherwise="never" />
                  </>
                )}
              </Hit>
            ))}
          </ul>
          {more.people && <More href={`/admin/people?q=${q}`}>All people that match</More>}
        </Panel>
      )}
      {connections.length > 0 && (
        <Panel id="connections" title="Connections" tight>
          <ul>
            {connections.map(({ id, account, provider, person, status, lastUsedAt, lastUsedBy }) => (
              <Hit
                key={id}
                href={leadAddress({ kind: 'connection', id })}
                mark={<ProviderMark provider={provider} size="small" />}
                name={account.label || account.subject}
                about={`${provider.name}, of ${personName(person)}`}
              >
                <Status status={status} />
                <br />
                {lastUsedAt ? 'read ' : 'read by '}
                <TimeOr at={lastUsedAt} otherwise="no service" />
                {lastUsedBy && ` by ${lastUsedBy.name}`}
              </Hit>
            ))}
          </ul>
          {more.connections && <More href={`/admin/connections?q=${q}${within}`}>All connections that match</More>}
        </Panel>
      )}
      {apiKeys.length > 0 && (
        <Panel id="api-keys" title="API keys" tight>
          <ul>
            {apiKeys.map(({ id, name, prefix, status, lastUsedAt, frozen }) => (
              <Hit key={id} href={leadAddress({ kind: 'api_key', id })} name={name} about={`${prefix}…`}>
                {frozen ? 'Frozen' : keyWords[status]}
                <br />
                used <TimeOr at={lastUsedAt} otherwise="never" />
              </Hit>
            ))}
          </ul>
        </Panel>
      )}
      {applications.length > 0 && (
        <Panel id="applications" title="Applications" tight>
          <ul>
            {applications.map(({ id, name, status, connections: held }) => (
              <Hit key={id} href={leadAddress({ kind: 'application', id })} name={name} about={id}>
                {status === 'disabled' ? 'Disabled' : <Connected count={held} />}
              </Hit>
            ))}
          </ul>
        </Panel>
      )}
      {providers.length > 0 && (
        <Panel id="providers" title="Providers" tight>
          <ul>
            {providers.map(({ id, name }) => (
              <Hit key={id} href={leadAddress({ kind: 'provider', id })} name={name} about={id} />
            ))}
          </ul>
        </Panel>
      )}
    </div>
  );
}

function Connected({ count }: { count: number }) {
  return count === 1 ? '1 connection' : `${count.toLocaleString('en')} connections`;
}

interface HitProps {
  href: string;
  mark?: React.ReactNode;
  name: string;
  about: string;
  /** Its state, and what last happened to it. */
  children?: React.ReactNode;
}

function Hit({ href, mark, name, about, children }: HitProps) {
  return (
    <li className="flex flex-wrap items-start gap-x-3 border-t border-line py-2 first:border-t-0">
      {mark}
      <div className="min-w-0 flex-1 basis-48">
        <Link href={href} className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline">
          {name}
        </Link>
        <span className="block text-meta text-soft wrap-anywhere">{about}</span>
      </div>
      {children && <span className="text-meta text-soft sm:flex-none sm:text-right">{children}</span>}
    </li>
  );
}

function More({ href, children }: { href: string; children: React.ReactNode }) {
  return (
    <p className="pt-2">
      <Link href={href} className="link">
        {children}
      </Link>
    </p>
  );
}
