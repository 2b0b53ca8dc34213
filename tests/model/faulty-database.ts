import type { Database, Db } from '#lib/db/database';

/** What becomes of one statement or transaction. */
export type Fate =
  | 'done'
  /** The connection was lost before it was sent. */
  | 'not_sent'
  /** It was committed, and the answer was lost. */
  | 'answer_lost'
  /** The answer was given up; it is executed whenever `late` says so. */
  | { late: Promise<void> };

export type BeforeStatement = () => Promise<Fate>;

const lost = () => Object.assign(new Error('the model cut the connection'), { code: 'ECONNRESET' });

const asynchronous: ReadonlySet<string> = new Set(['select', 'execute', 'insert', 'update', 'delete']);

/** The same database for a process, with a fate for each of its statements. */
export function faultyDatabase(
  database: Database,
  before: BeforeStatement,
  busy: <T>(work: () => Promise<T>) => Promise<T>,
): Database {
  const meet = async <T>(run: () => Promise<T>): Promise<T> => {
    const fate = await before();
    if (fate === 'not_sent') throw lost();
    if (typeof fate === 'object') {
      void fate.late.then(() => busy(run)).catch(() => {});
      throw lost();
    }
    const answer = await busy(run);
    if (fate === 'answer_lost') throw lost();
    return answer;
  };
  const waiting = <T extends object>(builder: T): T =>
    new Proxy(builder, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name === 'then') {
          return (...then: Parameters<Promise<unknown>['then']>) =>
            meet(async () => await (target as unknown as Promise<unknown>)).then(...then);
        }
        return (...given: unknown[]) => {
          const next: unknown = value.apply(target, given);
          return typeof next === 'object' && next !== null ? waiting(next) : next;
        };
      },
    });
  const db = new Proxy(database.db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'transaction') return (...given: unknown[]) => meet(() => value.apply(target, given));
      return (...given: unknown[]) => {
        const made = value.apply(target, given);
        return asynchronous.has(String(name)) ? waiting(made) : made;
      };
    },
  }) as Db;
  const { hot } = database;
  return {
    ...database,
    db,
    hot: {
      read: (text, parameters) => meet(() => hot.read(text, parameters)),
      write: (text, parameters) => meet(() => hot.write(text, parameters)),
    },
  };
}
