const partNames: Record<string, string> = { cli: 'the command line', 'restore-guard': 'the hub itself' };

/** Who did something: a person by name, a part of the hub in words, else the id. */
export const actorWords = ({ id, name }: { id: string; name: string | null }): string => name ?? partNames[id] ?? id;
