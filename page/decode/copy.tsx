// Copying: what was found as text, as Markdown or as JSON.

import { useState } from 'preact/hooks';
import { visibleJson } from '../../src/base/visible-text.js';
import type { Decoded } from '../model/decoded.js';

// Browsers keep the clipboard from pages of servers without TLS; the older way works there.
const copyByCommand = (text: string): boolean => {
  const box = document.createElement('textarea');
  box.value = text;
  box.className = 'hidden';
  document.body.append(box);
  box.select();
  try {
    return document.execCommand('copy');
  } finally {
    box.remove();
  }
};

const copy = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByCommand(text);
  }
};

const FORMS = ['Text', 'Markdown', 'JSON'] as const;

/** The buttons. @param number of the report that is shown, from 1; JSON has all of them */
export const Copy = ({ decoded, number }: { decoded: Decoded; number: number }) => {
  const [said, setSaid] = useState('');
  const report = decoded.reports[number - 1];
  const textOf = (form: (typeof FORMS)[number]): string =>
    form === 'JSON'
      ? `${visibleJson(decoded.document, 2)}\n`
      : ((form === 'Text' ? report?.text : report?.markdown) ?? '');
  return (
    <div class="copy" role="group" aria-label="Copy what was found">
      <span>Copy as</span>
      {FORMS.map((form) => (
        <button
          type="button"
          key={form}
          onClick={() => {
            void copy(textOf(form)).then((done) =>
              setSaid(done ? `Copied as ${form}.` : 'The browser does not let this page copy.'),
            );
          }}
        >
          {form}
        </button>
      ))}
      <span role="status">{said}</span>
    </div>
  );
};
