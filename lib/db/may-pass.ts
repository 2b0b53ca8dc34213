import { isDatabaseUnavailable } from '#lib/db/database';

/**
 * SQLSTATE classes of what lies in the server's state just now: rolled back for another's sake, out of disk or memory, in
 * use, cancelled by an operator, a fault of the machine (PostgreSQL, Appendix A).
 */
const passing: ReadonlySet<string> = new Set(['40', '53', '55', '57', '58']);

/** True where the same statement may well succeed a moment later, although the server answered. */
export function mayPass(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && /^[0-9A-Z]{5}$/.test(at.code))
      return passing.has(at.code.slice(0, 2));
  }
  return false;
}

/**
 * True where a write that must not be given up is worth trying again: the database is out of reach, full, locked, refuses
 * its role or its schema for now. Not where the values themselves are at fault (SQLSTATE classes 22 and 23), or our code.
 */
export function mayBeTriedAgain(error: unknown): boolean {
  if (isDatabaseUnavailable(error)) return true;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && /^[0-9A-Z]{5}$/.test(at.code)) return !/^2[23]/.test(at.code);
  }
  return false;
}
