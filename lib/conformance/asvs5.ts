import { asvs5OAuth } from '#lib/conformance/asvs5-oauth';
import { asvs5Server } from '#lib/conformance/asvs5-server';
import { asvs5Web } from '#lib/conformance/asvs5-web';
import type { Specification } from '#lib/conformance/clause';

export const asvs5: Specification = {
  id: 'asvs-5',
  name: 'OWASP ASVS 5.0',
  title: 'Application security verification standard 5.0.0',
  url: 'https://github.com/OWASP/ASVS/tree/v5.0.0/5.0',
  scope:
    'Chapter V10 without the sections for authorization servers, and the requirements of the other chapters that a hub of connections meets most: cookies, headers, sessions, access, cryptography, calls to other services, logs and errors. The others are not looked at here.',
  clauses: [...asvs5Web, ...asvs5OAuth, ...asvs5Server],
};
