// The text of chunks of bytes.

// UTF-16, as Windows writes the output of a console, begins with a byte order mark. Source: RFC 2781, 3.2.
const encodingOf = ([first, second]: Uint8Array): string =>
  first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';

/** Strings as they are; bytes as UTF-8, or as UTF-16 if its mark is at the start. Invalid ones become U+FFFD. */
export async function* textChunks(
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const chunk of chunks) {
    if (typeof chunk !== 'string') decoder ??= new TextDecoder(encodingOf(chunk));
    yield typeof chunk === 'string' ? chunk : (decoder?.decode(chunk, { stream: true }) ?? '');
  }
  yield decoder?.decode() ?? '';
}
