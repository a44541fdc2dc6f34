// The run beside the reading: one of the page's own, or one that the laboratory makes.

import { useEffect, useState } from 'preact/hooks';
import type { RunName } from '../../src/laboratory/run-name.js';
import { laboratory } from '../model/laboratory.js';
import { Run } from '../model/run.js';
import type { Desk } from '../view/desk.js';

/** The run, `undefined` until it is there, or why it is not. */
export type Beside = Run | string | undefined;

const made = new Map<string, Run>();

/** The run of a name. */
export const useRun = (name: RunName | undefined, desk: Desk): Beside => {
  const own = name === 'A' ? desk.runs[0] : name === 'B' ? desk.runs[1] : undefined;
  const key = JSON.stringify(name);
  const [found, setFound] = useState<{ readonly key: string; readonly run: Beside }>();
  useEffect(() => {
    if (own !== undefined || name === undefined || typeof name === 'string' || made.has(key))
      return undefined;
    let here = true;
    const tell = (run: Beside): void => {
      if (here) setFound({ key, run });
    };
    laboratory.ask('run', { ...name, page: true }).then(
      (page) => {
        const run = new Run(page!.runs[0]!);
        made.set(key, run);
        tell(run);
      },
      (error: Error) => tell(error.message),
    );
    return () => {
      here = false;
    };
  }, [key, own]);
  return own ?? made.get(key) ?? (found?.key === key ? found.run : undefined);
};
