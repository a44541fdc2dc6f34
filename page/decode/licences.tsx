// The licences of what the page holds.

/** Folded up; nothing where the page has none. */
export const Licences = () => {
  const text = document.querySelector('#licences')?.textContent?.trim() ?? '';
  return text === '' ? null : (
    <details class="licences">
      <summary>Licences</summary>
      <pre tabIndex={0}>{text}</pre>
    </details>
  );
};
