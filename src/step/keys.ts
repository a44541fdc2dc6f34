// The keys: what each does, and the words that help, scripts and the terminal use for it.

export type Action =
  | 'step' | 'over' | 'back' | 'backOver' | 'finish' | 'reverseFinish' | 'nextWrite' | 'previousWrite' | 'runHere' | 'runBackHere' | 'why'
  | 'search' | 'nextMatch' | 'previousMatch' | 'goTo' | 'guilty' | 'trap' | 'start' | 'end' | 'scenarioStep'
  | 'nextPane' | 'previousPane' | 'up' | 'down' | 'pageUp' | 'pageDown' | 'view' | 'help' | 'quit' | 'follow'; // prettier-ignore

interface Binding {
  /** Names of keys; the first is the one that help shows first. */
  readonly keys: readonly string[];
  readonly action: Action;
  readonly help: string;
}

/** Every binding, in the order of the help page. */
export const BINDINGS: readonly Binding[] = [
  { keys: ['s', 'Enter', 'Right', 'Space'], action: 'step', help: 'one instruction' },
  { keys: ['n'], action: 'over', help: 'one, over a call' },
  { keys: ['b', 'Left'], action: 'back', help: 'one instruction back' },
  { keys: ['p'], action: 'backOver', help: 'one back, over a call' },
  { keys: ['f'], action: 'finish', help: 'to the return of this function' },
  { keys: ['F'], action: 'reverseFinish', help: 'back to its call' },
  { keys: ['w'], action: 'nextWrite', help: "next write to the cursor's place" },
  { keys: ['W'], action: 'previousWrite', help: 'previous write to it' },
  { keys: ['y'], action: 'why', help: "to where the cursor's value came from" },
  { keys: ['c'], action: 'runHere', help: "run to the cursor's line" },
  { keys: ['C'], action: 'runBackHere', help: 'run back to it' },
  { keys: ['/'], action: 'search', help: 'find a symbol, 0xvalue or text' },
  { keys: ['.', 'N'], action: 'nextMatch', help: 'next match' },
  { keys: [','], action: 'previousMatch', help: 'previous match' },
  { keys: [':'], action: 'goTo', help: 'go to shm_close+0x25, or to 803' },
  { keys: ['g'], action: 'guilty', help: 'the guilty write' },
  { keys: ['t'], action: 'trap', help: 'the trap' },
  { keys: ['gg', 'Home'], action: 'start', help: 'the start' },
  { keys: ['G', 'End'], action: 'end', help: 'the end' },
  {
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    action: 'scenarioStep',
    help: 'a step of the scenario',
  },
  { keys: ['Tab', 'l'], action: 'nextPane', help: 'next pane' },
  { keys: ['BackTab', 'h'], action: 'previousPane', help: 'previous pane' },
  { keys: ['j', 'Down'], action: 'down', help: 'cursor down' },
  { keys: ['k', 'Up'], action: 'up', help: 'cursor up' },
  { keys: ['PageDown'], action: 'pageDown', help: 'ten down' },
  { keys: ['PageUp'], action: 'pageUp', help: 'ten up' },
  { keys: ['Escape'], action: 'follow', help: 'cursors follow again' },
  { keys: ['a'], action: 'view', help: 'names: of run, of analyst' },
  { keys: ['?'], action: 'help', help: 'this page' },
  { keys: ['q', 'CtrlC'], action: 'quit', help: 'quit' },
];

const byKey = new Map(BINDINGS.flatMap(({ keys, action }) => keys.map((key) => [key, action] as const)));

export const findAction = (key: string): Action | undefined => byKey.get(key);

export const keyNames = (): string[] => [...byKey.keys()];

/** `1-9`, `s Enter Right`; how a keyboard names them. */
const keysText = (keys: readonly string[]): string =>
  keys.length > 4
    ? `${keys[0]}-${keys.at(-1)}`
    : keys
        .slice(0, 2)
        .join(' ')
        .replace('CtrlC', '^C')
        .replace('BackTab', 'S-Tab')
        .replace('Escape', 'Esc')
        .replace('Page', 'Pg');

const TWO_COLUMNS = 76;

/** The help page, in one or two columns. */
export const helpPage = (width: number): string[] => {
  const entries = BINDINGS.map(({ keys, help }) => `${keysText(keys).padEnd(8)} ${help}`);
  const half = Math.ceil(entries.length / 2);
  const lines =
    width < TWO_COLUMNS
      ? entries
      : entries.slice(0, half).map((entry, index) => `${entry.padEnd(42)}${entries[index + half] ?? ''}`);
  return [
    ...lines.map((line) => ` ${line}`),
    ' Mouse: a click puts the cursor, the wheel moves it. Right and Space step, too.',
    ' => runs next   > cursor   * changed by the last instruction   [name] is gone',
    ' ! out of bounds   code bytes: D published dump, L published listing, R ours',
  ];
};

/** The help line, shortened from the end for narrow screens. */
export const helpLine = (width: number): string => {
  const parts = [
    's step',
    'n over',
    'b back',
    'f/F finish/call',
    'w/W write',
    '/ find',
    'g guilty',
    't trap',
    'Tab pane',
    '? help',
    'q quit',
  ];
  const kept = [...parts];
  while (kept.length > 2 && kept.join('  ').length + 1 > width) kept.splice(kept.length - 3, 1);
  return ` ${kept.join('  ')}`;
};
