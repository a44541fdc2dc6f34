// The code of the function that trapped, for statements at full strength: a file, or a snippet by name.

import { useState } from 'preact/hooks';
import { snippetCode } from '../model/given.js';
import { FileButton } from './file-button.js';
import type { Reader } from './reader.js';

/** What there is, and ways to give one. */
export const CodeField = ({
  reader,
  onFiles,
}: {
  reader: Reader;
  onFiles: (files: readonly File[]) => void;
}) => {
  const [name, setName] = useState('');
  const { code, given } = reader;
  if (code !== undefined)
    return (
      <p class="code-field">
        Code: <b>{code.label}</b>{' '}
        <button type="button" onClick={() => reader.read(given, null)}>
          Without it
        </button>
      </p>
    );
  return (
    <details class="code-field">
      <summary>Add the function’s code, to know more for certain</summary>
      <p>
        Drop an object, a module or a vmlinux, or a snippet’s <code>.json</code> and <code>.hex</code>,
        anywhere on this page; or name a snippet of oopslab’s own. It stays here, too.
      </p>
      <form
        class="actions"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') reader.read(given, snippetCode(name.trim()));
        }}
      >
        <FileButton label="Choose its files…" onFiles={onFiles} />
        <label>
          Snippet{' '}
          <input
            type="text"
            size={18}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            spellcheck={false}
            autocomplete="off"
          />
        </label>
        <button type="submit">Use it</button>
      </form>
    </details>
  );
};
