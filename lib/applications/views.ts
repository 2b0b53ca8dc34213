/** An application as pages, the API and the command line show it. */
export interface ApplicationView {
  id: string;
  name: string;
  /** Where people reach those who run it. */
  contact: string;
  returnUrls: string[];
  /** Null: every provider. */
  providers: string[] | null;
  /** By provider the scopes that it may ask for; a provider that is absent has its record's. */
  scopes: Record<string, string[]>;
  /** Its logo has a route of its own. */
  hasLogo: boolean;
  /** The colour of what can be done next on its pages, `#rrggbb` in each scheme; null: the hub's own. */
  colours: { light: string; dark: string } | null;
  status: 'active' | 'disabled';
  /** A person's id, or the name of what made it (`cli`). */
  createdBy: string;
  createdAt: Date;
  disabledAt: Date | null;
  /** API keys of it that are neither revoked nor expired. */
  keys: number;
  /** Its people, without deleted ones. */
  people: number;
  /** Connections of its people that are not revoked. */
  connections: number;
}
