// What is to be said besides the reports.

/** Notes of the reading. */
export const Notes = ({ notes }: { notes: readonly string[] }) =>
  notes.length === 0 ? null : (
    <ul class="notes" aria-label="Notes">
      {notes.slice(0, 12).map((note, index) => (
        <li key={index}>{note}</li>
      ))}
      {notes.length > 12 && <li>… {notes.length - 12} more</li>}
    </ul>
  );

/** Where no report was found. */
export const NoReport = () => (
  <section class="failed" aria-label="No report">
    <h1>No report of an x86-64 kernel was found</h1>
    <p>
      A report begins with a line such as <code>BUG: …</code>, <code>Oops: …</code>, <code>WARNING: …</code>{' '}
      or <code>general protection fault</code>; paste it with the lines before and after it.
    </p>
  </section>
);
