import type { TestProject } from 'vitest/node';
import { embeddedTemplate } from '#tests/embedded-template';
import '#tests/database';

/** Every test database on PGlite starts as a copy of one that is migrated. */
export default async function setUp(project: TestProject): Promise<void> {
  const { tar } = await embeddedTemplate();
  project.provide('pgliteTemplate', tar);
}
