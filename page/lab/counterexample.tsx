// The world that breaks a candidate: its values, what it breaks, and its run drawn.

import { useEffect, useState } from 'preact/hooks';
import type { CheckedCandidate, Trial } from '../../src/laboratory/change-questions.js';
import type { Wish } from '../../src/laboratory/run-name.js';
import { laboratory } from '../model/laboratory.js';
import { StripView } from './strip.js';
import { Verdict } from './verdict.js';

/** Props of a counterexample. */
export interface CounterexampleProps {
  readonly done: CheckedCandidate;
  readonly world: Wish;
  readonly onRun: (wish: Wish) => void;
}

/** The counterexample. */
export const Counterexample = ({ done, world, onRun }: CounterexampleProps) => {
  const [trial, setTrial] = useState<Trial>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    laboratory
      .ask('run', world, { onTold: setTrial })
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  }, [world]);
  return (
    <div class="lab-counterexample">
      <p class="lab-world">
        {Object.entries(done.world ?? {}).map(([name, value]) => (
          <code key={name}>
            {name}={value}
          </code>
        ))}
      </p>
      {problem !== undefined && <p role="alert">This world is not drawn: {problem}.</p>}
      {trial?.strip != null && <StripView strip={trial.strip} />}
      {trial !== undefined && <Verdict trial={trial} isOld={false} />}
      <p class="lab-row">
        <button type="button" onClick={() => onRun(world)}>
          Step through this world
        </button>
      </p>
      <details>
        <summary>What the check says of it</summary>
        <pre>{done.report.join('\n')}</pre>
      </details>
    </div>
  );
};
