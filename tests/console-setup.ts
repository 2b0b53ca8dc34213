import { afterAll, afterEach, beforeEach, vi } from 'vitest';

// A test that writes to console.error or console.warn without saying so hides a fault: it fails.
let stray: string[] = [];

for (const level of ['error', 'warn'] as const) {
  const write = console[level];
  console[level] = (...values: unknown[]) => {
    stray.push(`console.${level}: ${values.map(String).join(' ')}`);
    write(...values);
  };
  afterAll(() => {
    console[level] = write;
  });
}

beforeEach(() => {
  stray = [];
});

afterEach(() => {
  const found = stray;
  stray = [];
  if (found.length > 0) throw new Error(`Stray console output:\n${found.join('\n')}`);
});

// The next file runs in the same process.
afterAll(() => void vi.useRealTimers());
