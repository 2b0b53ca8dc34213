import { expect, test } from 'vitest';
import { answerText, isTaken } from './answer-words.ts';

test.each([
  [{ status: 204, code: null }, 'Status 204', true],
  [{ status: 503, code: null }, 'Status 503', false],
  [{ status: null, code: 'outbound_timeout' }, 'No answer in time', false],
  [{ status: null, code: 'vault_malformed' }, 'A fault of this hub (vault_malformed)', false],
  [{ status: null, code: null }, null, false],
])('what came back is said in words', (answer, text, taken) => {
  expect([answerText(answer), isTaken(answer)]).toEqual([text, taken]);
});
