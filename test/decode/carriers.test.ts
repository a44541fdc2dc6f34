// The same facts come out of a report whatever tool carried it, and with the lines of the text as it is.
import { describe, expect, it } from 'vitest';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { TOOL_CARRIERS } from '../helpers/report-carriers.js';
import { exampleFacts } from '../helpers/report-example.js';
import { expectedOf, foundIn } from '../helpers/report-facts.js';
import { LAYOUTS } from '../helpers/report-layouts.js';

describe.each(LAYOUTS)('a report as $name prints it', (layout) => {
  const facts = exampleFacts(layout);
  const lines = layout.format(facts, layout.release);

  it.each(Object.keys(TOOL_CARRIERS))('is read back: %s', (name) => {
    const text = TOOL_CARRIERS[name]!(lines);
    const reports = reportsOf(text);
    expect(
      reports.map((report) => foundIn(report, layout)),
      text,
    ).toEqual([expectedOf(layout, facts)]);
    const rows = text.split('\n');
    const { line } = reports[0]!.traces[0]!;
    // The line of the text, where a search can find it there.
    if (rows.some((row) => row.includes('Call Trace:'))) expect(rows[line - 1]).toContain('Call Trace:');
  });
});
