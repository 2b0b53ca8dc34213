import { type EvidenceLine, type EvidenceStep, evidenceProgressType } from '#lib/evidence/progress';

/** How far a file is, for the page that asked for it. */
export type EvidenceProgress =
  | { state: 'making'; step: EvidenceStep; rows: number }
  | { state: 'ready'; name: string; bytes: number; href: string }
  | { state: 'refused'; code: string; message: string; reference: string };

const lost: EvidenceProgress = {
  state: 'refused',
  code: 'internal',
  message: 'The hub did not finish the file. Try again.',
  reference: '',
};

/** Hands a file to the browser as a download; the address holds it until the page goes. */
function save(bytes: BlobPart[], { name, type }: { name: string; type: string }): string {
  const href = URL.createObjectURL(new Blob(bytes, { type }));
  const link = document.createElement('a');
  link.href = href;
  link.download = name;
  link.click();
  return href;
}

/** Asks for the file, tells of each line as it comes, and saves what follows the last one. */
export async function fetchEvidence(
  address: string,
  form: FormData,
  tell: (progress: EvidenceProgress) => void,
): Promise<void> {
  tell({ state: 'making', step: 'entries', rows: 0 });
  try {
    const body = new URLSearchParams([...form].map(([name, value]) => [name, String(value)]));
    const answer = await fetch(address, { method: 'POST', body, headers: { accept: evidenceProgressType } });
    if (!answer.ok || !answer.body || answer.headers.get('content-type') !== evidenceProgressType) return tell(lost);
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    let waiting: Uint8Array<ArrayBuffer> = new Uint8Array();
    for (;;) {
      const end = waiting.indexOf(0x0a);
      if (end < 0) {
        const { done, value } = await reader.read();
        if (done) return tell(lost);
        const more = new Uint8Array(waiting.length + value.length);
        more.set(waiting);
        more.set(value, waiting.length);
        waiting = more;
        continue;
      }
      const line = JSON.parse(decoder.decode(waiting.subarray(0, end))) as EvidenceLine;
      waiting = waiting.slice(end + 1);
      if ('refused' in line) return tell({ state: 'refused', ...line.refused });
      if ('step' in line) tell({ state: 'making', ...line });
      else return tell(await readFile(reader, waiting, line.done));
    }
  } catch {
    tell(lost);
  }
}

/** The rest of the answer is the file, of which the last line said the length. */
async function readFile(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  first: Uint8Array<ArrayBuffer>,
  of: { name: string; type: string; bytes: number },
): Promise<EvidenceProgress> {
  const parts = [first];
  for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value);
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  // An answer that was cut off is no file.
  if (bytes !== of.bytes) return lost;
  return { state: 'ready', name: of.name, bytes, href: save(parts, of) };
}
