// The text of chunks of bytes.

// UTF-16, as Windows writes the output of a console, begins with a byte order mark. Source: RFC 2781, 3.2.
const encodingOf = ([first, second]: Uint8Array): string =>
  first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';

class ChunkDecoder {
  #decoder: InstanceType<typeof TextDecoder> | undefined;

  push(chunk: string | Uint8Array): string {
    if (typeof chunk === 'string') return chunk;
    this.#decoder ??= new TextDecoder(encodingOf(chunk));
    return this.#decoder.decode(chunk, { stream: true });
  }

  end(): string {
    return this.#decoder?.decode() ?? '';
  }
}

/** Strings as they are; bytes as UTF-8, or as UTF-16 if its mark is at the start. Invalid ones become U+FFFD. */
export async function* textChunks(
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new ChunkDecoder();
  for await (const chunk of chunks) yield decoder.push(chunk);
  yield decoder.end();
}

/** The same of chunks that are there already. */
export function* textChunksNow(chunks: Iterable<string | Uint8Array>): Generator<string> {
  const decoder = new ChunkDecoder();
  for (const chunk of chunks) yield decoder.push(chunk);
  yield decoder.end();
}
