import type { logoTypes } from '#lib/db/schema/applications';

/** A picture as its first bytes say. */
export interface Picture {
  type: (typeof logoTypes)[number];
  width: number;
  height: number;
}

const starts = (bytes: Buffer, at: number, text: string) => bytes.toString('latin1', at, at + text.length) === text;

/** PNG (ISO/IEC 15948 §5.2): the signature, and the header as the first chunk. */
function readPng(bytes: Buffer): Picture | null {
  if (bytes.length < 33 || !starts(bytes, 0, '\x89PNG\r\n\x1a\n') || !starts(bytes, 12, 'IHDR')) return null;
  return { type: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Markers of a frame's header (ITU-T T.81 table B.1); C4, C8 and CC are of other kinds. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** JPEG: segments until the frame's header, which has the size. */
function readJpeg(bytes: Buffer): Picture | null {
  if (!starts(bytes, 0, '\xff\xd8\xff')) return null;
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    if (isFrame(bytes[at + 1] ?? 0))
      return { type: 'image/jpeg', width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
  }
  return null;
}

/** WebP (RFC 9649 §2): the first chunk says which of three forms it has. */
function readWebp(bytes: Buffer): Picture | null {
  if (bytes.length < 30 || !starts(bytes, 0, 'RIFF') || !starts(bytes, 8, 'WEBP')) return null;
  const type = 'image/webp';
  if (starts(bytes, 12, 'VP8X'))
    return { type, width: 1 + bytes.readUIntLE(24, 3), height: 1 + bytes.readUIntLE(27, 3) };
  if (starts(bytes, 12, 'VP8 ') && starts(bytes, 23, '\x9d\x01\x2a'))
    return { type, width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
  if (!starts(bytes, 12, 'VP8L') || bytes[20] !== 0x2f) return null;
  const bits = bytes.readUInt32LE(21);
  return { type, width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
}

/** The type and size of a picture by its bytes, whatever it is called; null where it is none of the three. */
export function readPicture(given: Uint8Array): Picture | null {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  return readPng(bytes) ?? readJpeg(bytes) ?? readWebp(bytes);
}
