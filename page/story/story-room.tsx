// The story: one scene at a time, with the machine of its moment beside it.

import { formatLink } from '../model/link.js';
import { sceneAt } from '../model/scenes.js';
import type { RoomProps } from '../view/rooms.js';
import { Words } from '../view/words.js';
import { Moment } from './moment.js';
import { Picture } from './picture.js';
import { Progress } from './progress.js';

/** The room. */
export const StoryRoom = ({ desk, play }: RoomProps) => {
  const { run, at, side } = desk;
  const { scenes, steps } = run.data;
  const index = sceneAt(scenes, at, desk.scene);
  const scene = scenes[index];
  if (scene === undefined) return <p class="none">This run has no scenes.</p>;
  const step = steps[scene.step]?.step ?? '';
  const isOwn = scene.kind === 'step';
  return (
    <>
      <Progress desk={desk} play={play} scenes={scenes} here={index} />
      <div class="scenebody">
        <article class={`scene kind-${scene.kind}`} aria-label="Scene" key={index}>
          <p class="eyebrow">
            {index + 1} of {scenes.length}
            {!isOwn && step !== '' && <>, in the step {step}</>}
          </p>
          <h2>
            {scene.title}
            {scene.where !== '' && (
              <>
                {' in '}
                <code>{scene.where}</code>
              </>
            )}
          </h2>
          <p class="says">
            <Words words={scene.says} />
          </p>
          <Picture desk={desk} scene={scene} />
        </article>
        <aside class="moment" aria-label="The machine">
          {isOwn && at === scene.at && steps[scene.step]?.call === null ? (
            <p>No code of the kernel runs in this step: the scenario does it.</p>
          ) : (
            <Moment run={run} at={at} registers={scene.registers} />
          )}
          <p>
            <a href={formatLink({ room: 'step', step: at, ...(side === 0 ? {} : { run: 2 }) })}>
              Look closer: step {at}
            </a>
          </p>
        </aside>
      </div>
    </>
  );
};
