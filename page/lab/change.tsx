// The laboratory: the run again, with something changed. What a change does is said while it is typed; a check and a
// sweep try many changes.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Offer } from '../../src/laboratory/change-questions.js';
import type { Wish } from '../../src/laboratory/run-name.js';
import { laboratory } from '../model/laboratory.js';
import { formatLink } from '../model/link.js';
import { isLinkable } from '../model/wish-link.js';
import type { RoomProps } from '../view/rooms.js';
import { CheckPanel } from './check.js';
import { CopyLink } from './copy-link.js';
import { Parameters } from './parameters.js';
import { StripView } from './strip.js';
import { SweepPanel } from './sweep.js';
import { useTrials } from './trials.js';
import { Verdict } from './verdict.js';

const useOffer = (scenario: string, isReady: boolean): Offer | undefined => {
  const [offer, setOffer] = useState<Offer>();
  useEffect(() => {
    // After the first run: that is what the reader waits for.
    if (isReady)
      laboratory.ask('offer', { scenario }).then(setOffer, (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        setOffer({ check: why, sweep: why });
      });
  }, [scenario, isReady]);
  return offer;
};

const Laboratory = ({ desk, play }: RoomProps) => {
  const own: Wish = desk.wish ?? {
    scenario: desk.runs[0]!.data.scenario,
    set: Object.fromEntries(desk.runs[0]!.data.parameters),
  };
  const first = useRef(own);
  const trials = useTrials(first.current);
  const [values, setValues] = useState<Readonly<Record<string, string>>>(own.set);
  const { last, problem, isBusy } = trials;
  const trial = last?.trial;
  const offer = useOffer(own.scenario, trial !== undefined);
  // The texts of the path as written: what the slider cuts or stretches.
  const written = useRef<Readonly<Record<string, string>>>(own.set);
  const [length, setLength] = useState<number>();

  const wish = (set: Readonly<Record<string, string>>, of?: number): void =>
    trials.wish({
      ...own,
      set,
      ...(of === undefined ? {} : { length: of }),
    });
  const onValue = (name: string, value: string): void => {
    const set = { ...values, [name]: value };
    written.current = set;
    setValues(set);
    setLength(undefined);
    wish(set);
  };
  const onLength = (wanted: number): void => {
    setLength(wanted);
    wish({ ...values, ...written.current }, wanted);
  };
  const replace = (set: Readonly<Record<string, string>>): void => {
    const all = { ...values, ...set };
    written.current = all;
    setValues(all);
    setLength(undefined);
    wish(all);
  };
  // The slider's texts are the laboratory's: they are shown once they are there.
  const isStretched = last?.wish.length !== undefined && last.wish.length === length;
  useEffect(() => {
    if (isStretched && trial?.path != null)
      setValues((known) => ({
        ...known,
        ...Object.fromEntries(
          trial.parameters
            .filter(({ name }) => trial.path!.texts.includes(name))
            .map((one) => [one.name, one.value]),
        ),
      }));
  }, [trial, isStretched]);

  const made: Wish | undefined =
    trial === undefined
      ? undefined
      : { ...own, set: Object.fromEntries(trial.parameters.map(({ name, value }) => [name, value])) };
  const isOld = problem !== undefined;
  const recorded = desk.runs[0]!.data;
  // Only the first run is meant to be the one that the page shows.
  const [isOther, setOther] = useState(false);
  useEffect(() => {
    if (last?.wish === first.current && trial !== undefined)
      setOther(trial.instructions !== recorded.instructions || trial.outcome !== recorded.outcome);
  }, [last]);
  const general =
    problem === undefined || trial?.parameters.some(({ name }) => name === problem.field)
      ? undefined
      : problem;

  return (
    <div class="lab" aria-busy={isBusy}>
      <section class="lab-top" aria-label="What the changed run does">
        <div role="status" class="lab-says">
          {trial === undefined ? (
            problem === undefined && <p class="lab-verdict">The laboratory is made ready…</p>
          ) : (
            <Verdict trial={trial} isOld={isOld} />
          )}
        </div>
        {isOther && (
          <p class="lab-problem">
            The page shows another run: it was recorded with another version of {own.scenario}. What is
            changed here runs the one that is in the page.
          </p>
        )}
        {general !== undefined && (
          <p class="lab-problem" role="alert">
            {trial === undefined ? 'Nothing can be changed here' : 'This cannot be run'}:{' '}
            {general.field === undefined ? '' : `${general.field} `}
            {general.message}.
          </p>
        )}
        <div class="lab-row lab-actions">
          <button
            type="button"
            class="lab-main"
            disabled={made === undefined || isOld}
            onClick={() => {
              if (made === undefined) return;
              play.playStory();
              desk.load(made, { room: 'story' });
            }}
          >
            Play this run
          </button>
          <button
            type="button"
            disabled={made === undefined || isOld}
            onClick={() =>
              made !== undefined && desk.load(made, { room: 'step', step: trial?.instructions ?? 0 })
            }
          >
            Step through it
          </button>
          {made !== undefined && isLinkable(made) && !isOld && (
            <CopyLink link={formatLink({ room: 'change', wish: made })} />
          )}
          {desk.wish !== undefined && (
            <button type="button" onClick={() => desk.load(undefined, { room: 'change' })}>
              Back to the recorded run
            </button>
          )}
          {isBusy && trial !== undefined && (
            <button type="button" class="lab-late" onClick={trials.stop}>
              Stop this run
            </button>
          )}
        </div>
      </section>
      <div class="lab-columns">
        <section class="lab-card" aria-labelledby="lab-parameters-title">
          <h2 id="lab-parameters-title">Change something, and it runs again</h2>
          {trial !== undefined && (
            <Parameters
              parameters={trial.parameters}
              path={trial.path}
              values={values}
              length={length ?? trial.path?.length ?? 0}
              problem={problem}
              onValue={onValue}
              onLength={onLength}
            />
          )}
          {trial?.parameters.length === 0 && <p>{own.scenario} has no parameters.</p>}
        </section>
        <div class="lab-side">
          {trial?.strip != null && (
            <section class={`lab-card ${isOld ? 'lab-old' : ''}`.trim()} aria-labelledby="lab-strip-title">
              <h2 id="lab-strip-title">The bytes around it</h2>
              <StripView strip={trial.strip} />
            </section>
          )}
          {offer !== undefined &&
            (typeof offer.sweep === 'string' ? null : (
              <SweepPanel offer={offer.sweep} scenario={own.scenario} set={values} onCell={replace} />
            ))}
          {offer !== undefined &&
            (typeof offer.check === 'string' ? (
              <section class="lab-card" aria-labelledby="lab-check-title">
                <h2 id="lab-check-title">Does a fix hold?</h2>
                <p>It cannot be checked here: {offer.check}.</p>
              </section>
            ) : (
              <CheckPanel
                key={offer.check.scenario}
                offer={offer.check}
                onRun={(world) => desk.load(world, { room: 'story' })}
              />
            ))}
        </div>
      </div>
    </div>
  );
};

/** The room. */
export const Change = (props: RoomProps) =>
  laboratory.isThere ? (
    <Laboratory {...props} />
  ) : (
    <p class="lab-missing">
      Nothing can be changed here: this page was made without its laboratory. Make one with{' '}
      <code>oopslab report</code>.
    </p>
  );
