// The picture of a scene: bytes, a branch, the slots of the slab, the first lines of the kernel's report.

import type { PageScene } from '../../src/report/page-data.js';
import type { Desk } from '../view/desk.js';
import { Strip, type StripPointer } from '../view/strip.js';
import { Branch } from './branch.js';
import { Slots } from './slots.js';

const REPORT_LINES = 3;

// The registers of a scene that point into its bytes.
const pointersOf = ({ run }: Desk, { registers, strip, at }: PageScene): StripPointer[] =>
  registers.flatMap((register): StripPointer[] => {
    const value = run.registerAt(register, at);
    if (value === '' || strip === null) return [];
    const address = BigInt(value);
    const isInside = strip.parts.some((part) => {
      const start = BigInt(part.address);
      return address >= start && address < start + BigInt(part.after.length / 2);
    });
    return isInside ? [{ register, address }] : [];
  });

const Report = ({ text }: { text: string }) => (
  <pre class="report">{text.split('\n').slice(0, REPORT_LINES).join('\n')}</pre>
);

/** The picture. */
export const Picture = ({ desk, scene }: { desk: Desk; scene: PageScene }) => {
  const { kind, strip, branch, slots, cache, did } = scene;
  const { oops } = desk.run.data;
  return (
    <div class="picture">
      {kind === 'trap' && oops !== null && <Report text={oops.text} />}
      {strip !== null && <Strip strip={strip} pointers={pointersOf(desk, scene)} />}
      {branch !== null && <Branch branch={branch} />}
      {slots.length > 0 && cache !== null && <Slots slots={slots} cache={cache} />}
      {did.length > 0 && (
        <ul class="did" aria-label="What was done">
          {did.map((line, index) => (
            <li key={index}>{line}</li>
          ))}
        </ul>
      )}
    </div>
  );
};
