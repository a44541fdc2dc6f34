// A button that lets the reader pick files; they can be dropped anywhere on the page, too.

import { useRef } from 'preact/hooks';

/** @param onFiles gets what was picked */
export const FileButton = ({
  label,
  onFiles,
}: {
  label: string;
  onFiles: (files: readonly File[]) => void;
}) => {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        class="hidden"
        type="file"
        multiple
        tabIndex={-1}
        aria-hidden="true"
        aria-label={label}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = ''; // the same file can be picked again
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
};
