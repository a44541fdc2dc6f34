// A link to this page with what was changed. A file of the reader's has an address of their machine, so what is copied is
// said, and can be copied by hand.

import { useState } from 'preact/hooks';

/** The button. @param props.link the part after `#`, with it */
export const CopyLink = ({ link }: { link: string }) => {
  const [state, setState] = useState<'copied' | 'shown'>();
  const whole = `${location.href.split('#')[0]}${link}`;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(whole);
      setState('copied');
    } catch {
      setState('shown');
    }
  };
  return (
    <>
      <button type="button" onClick={() => void copy()}>
        Copy link
      </button>
      <span role="status" class="lab-copied">
        {state === 'copied' && 'Copied: with this page, it opens this run.'}
      </span>
      {state === 'shown' && (
        <input
          class="lab-link"
          aria-label="The link"
          readOnly
          value={whole}
          onFocus={(event) => event.currentTarget.select()}
        />
      )}
    </>
  );
};
