// An ELF object that the reader brings: dropped, chosen, or pasted as hexadecimal digits or base64. It stays in the page.

import { useState } from 'preact/hooks';
import { bytesOfPaste } from './text-bytes.js';

/** An object. */
export interface Pasted {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const MOST = 16 << 20; // bytes, as the command reads

/** Props of the place for an object. */
export interface PastedObjectProps {
  /** The function that it should have. */
  readonly function: string;
  readonly object: Pasted | undefined;
  readonly onObject: (object: Pasted | undefined) => void;
}

/** The place for it. */
export const PastedObject = ({ function: name, object, onObject }: PastedObjectProps) => {
  const [problem, setProblem] = useState<string>();
  const take = (given: Pasted | undefined, why: string): void => {
    const isTooLarge = given !== undefined && given.bytes.length > MOST;
    setProblem(isTooLarge ? `it has more than ${MOST} bytes` : given === undefined ? why : undefined);
    onObject(isTooLarge ? undefined : given);
  };
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (file.size > MOST) return take(undefined, `${file.name} has more than ${MOST} bytes`);
    take({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }, '');
  };
  const paste = (text: string): void => {
    if (text.trim() === '') return take(undefined, '');
    if (text.length > 3 * MOST) return take(undefined, 'it is too long');
    const bytes = bytesOfPaste(text);
    take(bytes && { name: 'pasted.o', bytes }, 'that is neither hexadecimal digits nor base64');
  };
  return (
    <div
      class="lab-object-place"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void read(event.dataTransfer?.files[0]);
      }}
    >
      <p class="lab-help">
        An ELF64 object with <code>{name}()</code>, as <code>gcc -c</code> writes it. It stays in this page.
      </p>
      <p class="lab-row">
        <label>
          file{' '}
          <input type="file" accept=".o" onChange={(event) => void read(event.currentTarget.files?.[0])} />
        </label>
      </p>
      <label for="lab-paste">or its bytes, as hexadecimal digits or base64</label>
      <textarea
        id="lab-paste"
        rows={3}
        spellcheck={false}
        aria-describedby="lab-paste-problem"
        onInput={(event) => paste(event.currentTarget.value)}
      />
      <p id="lab-paste-problem" role="status">
        {problem !== undefined && problem !== '' ? (
          <span class="lab-problem">{problem}</span>
        ) : object === undefined ? (
          'No object yet.'
        ) : (
          `${object.name}: ${object.bytes.length} bytes.`
        )}
      </p>
    </div>
  );
};
