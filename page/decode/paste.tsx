// Where a text is given: pasted, typed, dropped, or picked.

import { useRef } from 'preact/hooks';
import { CodeField } from './code-field.js';
import { readCrash } from './crashes.js';
import type { Sample } from './decode-room.js';
import { FileButton } from './file-button.js';
import type { Reader } from './reader.js';
import { sizeWords } from './take-files.js';

/** Characters that a box shows without delay; a longer text is kept beside it. */
const MOST_SHOWN = 1 << 18;

/** The box and its buttons. */
export const Paste = ({
  reader,
  sample,
  sampleLabel,
  onFiles,
}: {
  reader: Reader;
  sample: Sample | undefined;
  sampleLabel: string;
  onFiles: (files: readonly File[]) => void;
}) => {
  const box = useRef<HTMLTextAreaElement>(null);
  const { given } = reader;
  const readBox = (): void => {
    if (given.label !== undefined) reader.read(given);
    else reader.read({ text: box.current?.value ?? '' });
  };
  const onPaste = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])];
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (files.length > 0 && text === '') {
      event.preventDefault();
      onFiles(files);
    } else if (text.length > MOST_SHOWN || (text !== '' && (box.current?.value ?? '') === '')) {
      // A whole text into the empty box is read at once; a box with a long one would hold up the page.
      event.preventDefault();
      const label = text.length > MOST_SHOWN ? `a pasted text, ${sizeWords(text.length)}` : undefined;
      reader.read({ text, ...(label === undefined ? {} : { label }) });
    }
  };
  return (
    <section class="paste" aria-labelledby="question">
      <h1 id="question">Paste a kernel report</h1>
      <p class="lead" id="hint">
        An oops, a BUG, a warning, a lockup, or the whole log around it. What it says, where the bad value
        came from, and what it is filed under is worked out here, in the browser.
      </p>
      {given.label === undefined ? (
        <textarea
          ref={box}
          aria-label="The text"
          aria-describedby="hint"
          spellcheck={false}
          rows={11}
          placeholder={'BUG: unable to handle kernel NULL pointer dereference at …\nRIP: …\nCode: …'}
          defaultValue={typeof given.text === 'string' ? given.text : ''}
          onPaste={onPaste}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) readBox();
          }}
        />
      ) : (
        <p class="instead">
          <span>{given.label}</span>
          <button type="button" onClick={() => reader.give({ text: '' })}>
            Take it away
          </button>
        </p>
      )}
      <div class="actions">
        <button type="button" class="primary" onClick={readBox}>
          Read it
        </button>
        <FileButton label="Choose files…" onFiles={onFiles} />
        {sample !== undefined && sample.report !== null && (
          <button type="button" onClick={() => readCrash(reader, sample)}>
            {sampleLabel}
          </button>
        )}
      </div>
      <p class="private">
        <b>Nothing leaves this page.</b> Its policy, <code>connect-src 'none'</code>, makes the browser refuse
        every connection; it works without a network.
      </p>
      <CodeField reader={reader} onFiles={onFiles} />
    </section>
  );
};
