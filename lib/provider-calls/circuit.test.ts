import { describe, expect, test } from 'vitest';
import { Circuit, failuresToOpen } from '#lib/provider-calls/circuit';

const at = 1_000_000;

function opened(askedSeconds = 0, pauses = 1): Circuit {
  const circuit = new Circuit();
  circuit.failed(askedSeconds, failuresToOpen, at);
  for (let n = 1; n < pauses; n++) circuit.failed(askedSeconds, 1, at);
  return circuit;
}

/** Seconds from the pause's begin. */
const seconds = (count: number) => at + count * 1000;

test('opens at the fifth failure in a row, and an answer between begins the count anew', () => {
  const circuit = new Circuit();
  for (let n = 1; n < failuresToOpen; n++) expect(circuit.failed(0, 1, at)).toBe(false);
  expect(circuit.answered()).toBe(false);
  for (let n = 1; n < failuresToOpen; n++) expect(circuit.failed(0, 1, at)).toBe(false);
  expect(circuit.turnsAway(at)).toBe(false);
  expect(circuit.failed(0, 1, at)).toBe(true);
  expect([circuit.turnsAway(at), circuit.isClosed]).toEqual([true, false]);
});

describe('F-07 how long a pause lasts', () => {
  test.each<[string, number, number, { caller: [number, number]; rest: [number, number] }]>([
    ['the first of our own', 0, 1, { caller: [2.5, 5], rest: [2.5, 5] }],
    ['a long one of our own, which a caller cuts to 60 s', 0, 12, { caller: [60, 60], rest: [150, 300] }],
    ['one that was asked for', 120, 1, { caller: [120, 120], rest: [120, 120] }],
    ['a long one that was asked for, within which a call may try', 3600, 1, { caller: [300, 300], rest: [3600, 3600] }],
    ['more than may be asked for', 86_400, 1, { caller: [300, 300], rest: [3600, 3600] }],
  ])('%s', (_, asked, pauses, { caller, rest }) => {
    const circuit = opened(asked, pauses);
    expect(circuit.msToNextCall(at)).toBeGreaterThanOrEqual(caller[0] * 1000);
    expect(circuit.msToNextCall(at)).toBeLessThanOrEqual(caller[1] * 1000);
    expect(circuit.msOfRest(at)).toBeGreaterThanOrEqual(rest[0] * 1000);
    expect(circuit.msOfRest(at)).toBeLessThanOrEqual(rest[1] * 1000);
    expect(circuit.turnsAway(seconds(caller[1]))).toBe(false);
  });

  test('a call that tries and fails begins another pause; its answer ends what was asked for', () => {
    const circuit = opened(3600);
    circuit.failed(3300, 1, seconds(300));
    expect(circuit.turnsAway(seconds(599))).toBe(true);
    expect(circuit.turnsAway(seconds(600))).toBe(false);
    expect(circuit.answered()).toBe(true);
    expect([circuit.msToNextCall(seconds(600)), circuit.msOfRest(seconds(600))]).toEqual([0, 0]);
  });

  test('a clock that was set back does not make it longer', () => {
    expect(opened(3600).turnsAway(seconds(-7200))).toBe(false);
  });
});

describe('F-08 half open', () => {
  test('one call tries, all others are turned away; a trial that asked nothing leaves the circuit open', () => {
    const circuit = opened();
    circuit.beginProbe();
    expect([circuit.isProbing, circuit.turnsAway(seconds(60))]).toEqual([true, true]);
    circuit.endProbe();
    expect([circuit.isClosed, circuit.turnsAway(seconds(60))]).toEqual([false, false]);
  });
});
