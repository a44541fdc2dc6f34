// The state of reading: the text and the code that were given, and what the laboratory says of them.

import { useRef, useState } from 'preact/hooks';
import type { Questions } from '../../src/laboratory/questions.js';
import type { Decoded } from '../model/decoded.js';
import type { GivenCode } from '../model/given.js';
import { laboratory } from '../model/laboratory.js';

/** A text as it was given. */
export interface GivenText {
  readonly text: string | Uint8Array;
  /** What the reader sees in its place where it is not in the box: a file, or a text too long to be shown. */
  readonly label?: string;
}

/** How far the reading is. */
type Progress = Questions['decode']['tells'];

/** What there is to show. */
export type Reading =
  | { readonly state: 'waiting' }
  | { readonly state: 'busy'; readonly progress: Progress | undefined }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'read'; readonly decoded: Decoded };

/** What the page works with. */
export interface Reader {
  readonly given: GivenText;
  readonly code: GivenCode | undefined;
  /** Whether what is private gets other names before it is read. */
  readonly redacts: boolean;
  readonly reading: Reading;
  /** Take a text without reading it. */
  give(text: GivenText): void;
  /** Read a text, with the code that there is, or with another one. */
  read(text: GivenText, code?: GivenCode | null): void;
  /** Read the text again, with or without other names for what is private. */
  redact(redacts: boolean): void;
  stop(): void;
  /** Back to the start; the text stays. */
  clear(): void;
}

/** A new reader. */
export const useReader = (): Reader => {
  const [given, setGiven] = useState<GivenText>({ text: '' });
  const [code, setCode] = useState<GivenCode | undefined>();
  const [redacts, setRedacts] = useState(false);
  const [reading, setReading] = useState<Reading>({ state: 'waiting' });
  const asking = useRef<AbortController | undefined>(undefined);

  const stop = (): void => {
    asking.current?.abort();
    asking.current = undefined;
  };

  const ask = async (text: GivenText, named: GivenCode | undefined, redact: boolean): Promise<void> => {
    stop();
    const own = new AbortController();
    asking.current = own;
    setReading({ state: 'busy', progress: undefined });
    try {
      const decoded = await laboratory.ask(
        'decode',
        {
          text: text.text,
          redact,
          ...(named === undefined ? {} : { code: named.code, libraries: named.libraries }),
        },
        {
          signal: own.signal,
          onTold: (progress) => setReading({ state: 'busy', progress }),
          ...(named === undefined ? {} : { files: named.files }),
        },
      );
      if (asking.current === own) setReading({ state: 'read', decoded });
    } catch (error) {
      if (own.signal.aborted && asking.current !== undefined) return; // another question took its place
      const message = own.signal.aborted
        ? 'Stopped.'
        : error instanceof Error
          ? error.message
          : String(error);
      setReading({ state: 'failed', message });
    }
  };

  return {
    given,
    code,
    redacts,
    reading,
    give: setGiven,
    read: (text, other) => {
      const named = other === undefined ? code : (other ?? undefined);
      setGiven(text);
      setCode(named);
      void ask(text, named, redacts);
    },
    redact: (next) => {
      setRedacts(next);
      void ask(given, code, next);
    },
    stop,
    clear: () => {
      stop();
      setReading({ state: 'waiting' });
    },
  };
};
