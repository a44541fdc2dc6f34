// The readers of what is typed: commands at `crash>`, expressions, and keys of `step`.
import { complete } from '../../src/crash/complete.js';
import { runLine, sessionOf } from '../../src/crash/run.js';
import { Case } from '../../src/reading/case.js';
import { Dump } from '../../src/reading/dump.js';
import { Scene } from '../../src/reading/scene.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { BINDINGS } from '../../src/step/keys.js';
import { runScript } from '../../src/step/script.js';
import { Stepper } from '../../src/step/stepper.js';
import { attempt, once, text, textual, type Target } from './target.js';

// --- crash> -----------------------------------------------------------------------------------------------------------

const dump = once(() => new Dump(new Case(replay(loadScenario('shm-close-bug')))));
const CRASH_WORDS = [
  'bt', 'dis', 'eval', 'help', 'ipcs', 'kmem', 'list', 'log', 'ps', 'vm', 'rd', 'search', 'set', 'struct', 'sym', '-a', '-b', '-c', '-d', '-e', '-f', '-FF', '-h',
  '-H', '-i', '-k', '-l', '-lr', '-m', '-n', '-o', '-p', '-q', '-r', '-s', '-S', '-t', '-u', '-x', '-8', '-16', '-32', '-64', '-ss', 'size-32', 'size-4096',
  'shm_close', 'shm_close+62', 'init_ipc_ns', 'file', 'file.private_data', 'vm_area_struct', 'task_struct.comm', 'list_head.next', 'idr_layer.ary[3]',
  'ffff88016d2319e0', '0xffff8803f382cc60', 'ffff8801b49c8040', 'ffff88043fd00000', 'ffffffff81a46920', '26341', '-1', '0', '10', '99999999999',
  '"a b"', "'x'", '(1+2)', '1<<63', '~0', '%', 'ffffffffffffffff',
]; // prettier-ignore

const crashLines = (input: Uint8Array): string => {
  const session = sessionOf(dump());
  const printed: string[] = [];
  for (const line of text(input).split('\n').slice(0, 12)) {
    complete(session, line);
    printed.push(attempt(() => runLine(session, line).join('\n')));
  }
  return printed.join('\n');
};

export const crashCommands: Target = {
  seeds: [
    ...CRASH_WORDS.slice(0, 15),
    'struct file ffff8800148fcb80',
    'rd -64 ffff88016d2319e0 8',
    'list -H ffff88043fd00000 -s file.private_data',
  ],
  mutate: textual(CRASH_WORDS, 400),
  quick: crashLines,
  wholeOneIn: 2000,
};

const EXPRESSION_WORDS = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '<<',
  '>>',
  '&',
  '|',
  '^',
  '~',
  '(',
  ')',
  '0x',
  '1',
  '0',
  'shm_close',
  'init_ipc_ns',
  '0b1',
  '07',
  '-1',
];
export const expression: Target = {
  seeds: ['1 + 2 * (3 - 4) / 5', '~0 >> 63 ^ 7 | 1 & 3', 'shm_close + 0x3e % 7'],
  mutate: textual(EXPRESSION_WORDS, 300),
  quick: (input) => {
    const session = sessionOf(dump());
    const line = text(input).replaceAll('\n', ' ');
    return ['eval -b ', 'rd ', 'dis ', 'sym ']
      .map((command) => attempt(() => runLine(session, command + line).join('\n')))
      .join('\n');
  },
  wholeOneIn: 2000,
};

// --- step -------------------------------------------------------------------------------------------------------------

const scene = once(() => new Scene(replay(loadScenario('shm-close-bug'))));
const STEP_WORDS = [
  ...BINDINGS.flatMap(({ keys }) => keys), 'screen', 'size 80x24', 'size 20x5', 'size 300x100', 'click 3x4', 'click 79x20', 'WheelUp', 'WheelDown',
  '/ "sfd"', '/ "0x5c"', ': "shm_close+0x25"', ': "0"', ': "803"', '/ ""', '# c',
]; // prettier-ignore
export const stepScript: Target = {
  seeds: [
    'g s screen',
    's n b p f F w W c C screen',
    'size 120x40 t a j k Tab screen',
    '/ "sfd" screen . screen , screen',
    ': "shm_close+0x3e" screen q',
  ],
  mutate: textual(STEP_WORDS, 200),
  quick: (input) => {
    scene().navigator.goTo(0);
    scene().view = 'run';
    return runScript(new Stepper(scene()), text(input), 'keys.txt').join('\n');
  },
  wholeOneIn: 500,
};
