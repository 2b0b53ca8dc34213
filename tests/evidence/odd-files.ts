import { generateKeyPairSync, sign } from 'node:crypto';
import { envelope, type Forged, first, forge, forger, rawOf } from './forge.ts';

const stranger = rawOf(generateKeyPairSync('ed25519').publicKey);
const textOf = (forged: Forged): string => JSON.stringify(JSON.parse(forge(forged).toString()).bundle);

/** Files that are no envelope of a bundle. */
export const oddFiles: Record<string, () => Buffer> = {
  'UTF-16': () => {
    const text = textOf({});
    const wide = Buffer.from(text, 'utf16le');
    const tail = Buffer.from(`,"key_id":"${forger.id}","public_key":"${forger.public}","signature":"`);
    const message = Buffer.concat([Buffer.from(`grantkeep/evidence/1\n${forger.id}\n${forger.public}\n`), wide]);
    return Buffer.concat([
      Buffer.from('{"bundle":'),
      wide,
      tail,
      Buffer.from(`${sign(null, message, forger.private).toString('base64')}"}\n`),
    ]);
  },
  'bytes that are no UTF-8': () => {
    const text = Buffer.from(textOf({}).replace('"hub":"', '"x":"\u0000\u0000\u0000","hub":"'), 'utf8');
    const at = text.indexOf(Buffer.from([0, 0, 0]));
    text.set([0xed, 0xa0, 0x80], at);
    const message = Buffer.concat([Buffer.from(`grantkeep/evidence/1\n${forger.id}\n${forger.public}\n`), text]);
    return Buffer.concat([
      Buffer.from('{"bundle":'),
      text,
      Buffer.from(
        `,"key_id":"${forger.id}","public_key":"${forger.public}","signature":"${sign(null, message, forger.private).toString('base64')}"}\n`,
      ),
    ]);
  },
  'a mark of the byte order': () => Buffer.concat([Buffer.from('\ufeff'), forge({})]),
  'Windows’ line end': () => Buffer.from(forge({}).toString().replace('}\n', '}\r\n')),
  'cut in the middle': () => forge({}).subarray(0, 900),
  nothing: () => Buffer.alloc(0),
  'a second bundle in the same file': () => Buffer.concat([forge({}), forge({})]),
  'a key of 31 bytes': () =>
    envelope(textOf({}), { publicKey: `${Buffer.alloc(31).toString('base64').slice(0, 43)}=` }),
  'a bundle of another key under the forger’s signature': () =>
    envelope(textOf({ change: (bundle) => void Object.assign(first(bundle.keys), { public_key: stranger }) })),
  'the forger’s signature under another key': () =>
    envelope(textOf({ change: (bundle) => void Object.assign(first(bundle.keys), { public_key: stranger }) }), {
      publicKey: stranger,
    }),
};
