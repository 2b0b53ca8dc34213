const chunkLength = 32 * 1024;

/** Texts of a file, joined to chunks of some 32,000 characters: to send a chunk a row would cost more than the row. */
export async function* inChunks(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const text of texts) {
    chunk += text;
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
