import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { randomFrom } from '#tests/random';
import type { Stage } from '../stage.ts';
import { shuffled } from '../statistics.ts';
import { bundleHub } from './bundle.ts';
import type { Done, Event } from './events.ts';
import { type Part, runPart } from './part.ts';

export interface CampaignSize {
  kills: number;
  restarts: number;
  cuts: number;
  promotions: number;
  connections: number;
  callers: number;
  /** Seconds for which the forgiving providers forgive. */
  leewaySeconds: readonly number[];
  /** Milliseconds from one event to the next, at most. */
  pauseMs: number;
  /** How many parts the events are done in, each from the beginning and judged by itself. */
  parts: number;
  /** Which of them are done by this run, counted from 1; empty: all. Others are added where a run did them before. */
  only: readonly number[];
  /** After so long no part is begun. */
  minutes: number;
  seed: number;
}

/** What of a part outlasts its process. */
type Kept = Omit<Part, 'heard'> & { heard: Omit<Part['heard'], 'given' | 'ended' | 'unexpected'> };

/** All parts that were done, and the hash of the hub that they tried. */
export interface Campaign {
  parts: Kept[];
  code: string;
}

const folder = 'bench/results/kills';

const allOf = ({ kills, restarts, cuts, promotions }: CampaignSize): Event[] => [
  ...Array<Event>(kills).fill('kill'),
  ...Array<Event>(restarts).fill('restart'),
  ...Array<Event>(cuts).fill('cut'),
  ...Array<Event>(promotions).fill('promotion'),
];

/**
 * Kills, restarts, cuts and promotions in random order under callers that never stop, in parts. A part that was done with
 * the same sizes, seed and code is not done again, so that a campaign goes on where it was broken off.
 */
export async function runCampaign(stage: Stage, size: CampaignSize): Promise<Campaign> {
  const begunAt = performance.now();
  mkdirSync(folder, { recursive: true });
  const { file: program, hash: code } = await bundleHub(resolve(folder));
  const { minutes, only, ...decides } = size;
  const order = shuffled(allOf(size), randomFrom(size.seed));
  const parts: Kept[] = [];
  for (let n = 0; n < size.parts; n++) {
    const name = `part-${size.seed}-${n + 1}`;
    const file = `${folder}/${name}.json`;
    const made = JSON.stringify({ ...decides, code });
    const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
    if (known?.made === made) {
      parts.push(known.part);
      continue;
    }
    if (only.length > 0 && !only.includes(n + 1)) continue;
    if (performance.now() - begunAt > minutes * 60_000) continue;
    const at = (which: number) => Math.floor((which * order.length) / size.parts);
    const { heard, ...rest } = await runPart(stage.folder, {
      ...{ name, results: folder, program, seed: size.seed * 1000 + n, events: order.slice(at(n), at(n + 1)) },
      ...{ pauseMs: size.pauseMs, connections: size.connections, callers: size.callers },
      leeways: [0, ...size.leewaySeconds],
    });
    const { given: _given, ended: _ended, unexpected: _unexpected, ...kept } = heard;
    const part: Kept = { ...rest, heard: kept };
    writeFileSync(file, JSON.stringify({ made, part }));
    parts.push(part);

    console.log(`${name}: ${part.seconds} s, wrong: ${part.verdict.wrong.length}`);
  }
  return { parts, code };
}

/** What all parts did. */
export function totalOf(parts: readonly Kept[]): Done {
  const sum = (event: Event) => parts.reduce((total, { done }) => total + done[event], 0);
  return { kill: sum('kill'), restart: sum('restart'), cut: sum('cut'), promotion: sum('promotion') };
}
