// The stepper's screens: what they show at the places of the story, and that any screen of any size is whole.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { BINDINGS, helpLine, helpPage, keyNames } from '../../src/step/keys.js';
import { layOut } from '../../src/step/layout.js';
import { PANES } from '../../src/step/look.js';
import { Scene } from '../../src/reading/scene.js';
import { type Size, screenText } from '../../src/step/screen.js';
import { runScript } from '../../src/step/script.js';
import { Stepper } from '../../src/step/stepper.js';
import { fit, line, plainText } from '../../src/step/styled.js';
import { recordingOf } from '../helpers/step-recordings.js';

const scenes = new Map<string, Scene>();
const sceneOf = (name: string): Scene => {
  const scene = scenes.get(name) ?? new Scene(recordingOf(name));
  scenes.set(name, scene);
  scene.navigator.goTo(0);
  scene.view = 'run';
  return scene;
};
const stepperOf = (name = 'shm-close-bug', size?: Size): Stepper => new Stepper(sceneOf(name), size);
const run = (script: string, name?: string): string =>
  runScript(stepperOf(name), script, 'keys.txt').join('\n\n');
const rowsOf = (text: string, pattern: RegExp): string[] =>
  text.split('\n').filter((row) => pattern.test(row));

const PLACES: readonly (readonly [name: string, keys: string])[] = [
  ['start', 'gg'],
  ['guilty-write', 'g'],
  ['after-the-write', 'g s'],
  ['shm_close+0x25', '6 : "shm_close+0x25"'],
  ['trap', 't'],
  ['trap-analyst', 't a'],
  ['end', 'G'],
];

describe.each(['80x24', '200x60'])('screens of %s', (size) => {
  it.each(PLACES)('%s', async (name, keys) => {
    const text = run(`size ${size} ${keys} screen`);
    await expect(`${text}\n`).toMatchFileSnapshot(`../screens/${name}-${size}.txt`);
  });
});

describe('what a screen shows', () => {
  it('the guilty write, before and after', () => {
    const text = run('g screen s screen');
    expect(rowsOf(text, /OUT OF BOUNDS/u)).toEqual([' next: ! writes 1 at sfd.id: 0x2f becomes 0x5c, OUT OF BOUNDS']);
    expect(rowsOf(text, / id {2}/u)).toEqual([
      expect.stringMatching(/^ {2}\+0x0 +id +13008943 \(0xc6802f\) {2}2f 80 c6 00/u),
      expect.stringMatching(/^ \*\+0x0 +id +13008988 \(0xc6805c\) {2}5c 80 c6 00 {2}! damaged \+0: 2f>5c by c…$/u),
    ]);
    const [before, after] = run('size 80x60 g screen s screen').split('\n\n shm').map((screen) => rowsOf(screen, /writes 1 byte/u));
    expect([before, after?.length]).toEqual([[], 1]);
  });

  it('at the trap: the vma on the stack, shp in rax and rbx, and who took sfd and file', () => {
    const text = run('size 200x60 t screen');
    expect(text).toMatch(/\| rsp +0xffff88016d2319e0 saved rbx = vma, by shm_close\+0x3/u);
    expect(text).toMatch(/\| rbx +0xffffffffffffffea shp \(struct shmid_kernel \*\) = -EINVAL \[sfd\] destroyed by shm_close\+0x39/u);
    expect(text).toMatch(/=> D \+0x3e +ud2 +ipc\/shm\.c:205/u);
    const analyst = run('size 200x60 t a screen');
    expect(analyst).toMatch(/\| rax .*\[file\] may be lost at shm_close\+0x20/u);
  });

  it('whose frame a word lies in that is nothing else', () => {
    const text = run('size 200x60 t screen');
    expect(text).toMatch(/\| rsp\+0x18 +0xffffffff81127fa4 return to remove_vma\+0x24/u);
    expect(text).toMatch(/\| rsp\+0x40 +0x1 +in the frame of exit_mmap/u);
  });

  it('names what the last instruction took away', () => {
    expect(run(': "shm_close+0x12" screen')).toMatch(/-- registers: rbx lost vma: destroyed by shm_close\+0xb mov 0xa0/u);
  });

  it('the registers that the trap saved, at the end', () => {
    const text = run('size 200x60 G screen');
    expect(text).toMatch(/pt_regs\.bx shp/u);
    expect(text).toMatch(/pt_regs\.bp ns/u);
    expect(text).toMatch(/trap: invalid opcode; BUG at shm_close\+0x3e/u);
  });

  it('the same thing in two ways: no style without a mark in the text', () => {
    const stepper = stepperOf('shm-close-bug', { columns: 200, rows: 60 });
    const marks: Readonly<Record<string, RegExp>> = { current: /=>/u, cursor: />/u, changed: /\*/u, dead: /\[/u, alarm: /!/u, focus: /==/u };
    for (const key of ['g', 's', 't', 'Tab', 'b', 'Tab', 'Tab', 'Tab']) {
      stepper.key(key);
      for (const one of stepper.screen.lines)
        for (const { style } of one) if (marks[style] !== undefined) expect(plainText(one)).toMatch(marks[style]);
    }
  });

  it('a help page with every key, that fits 80x24', () => {
    expect(BINDINGS.flatMap(({ keys }) => keys)).toEqual(keyNames());
    const page = helpPage(80);
    expect(page.length).toBeLessThanOrEqual(21);
    expect(page.filter((row) => row.length > 80)).toEqual([]);
    for (const { help } of BINDINGS) expect(page.join('\n')).toContain(help);
    expect(helpLine(80).length).toBeLessThanOrEqual(80);
    expect(run('? screen')).toContain('to the return of this function');
    expect(run('? j screen')).not.toContain('to the return of this function');
  });
}); // prettier-ignore

describe('any screen', () => {
  const keys = [...keyNames().filter((key) => key !== 'q' && key !== 'CtrlC'), 'x', 'é', 'Backspace', 'F12'];
  it.each(['shm-close-bug', 'shm-close-control', 'slabinfo-bug'])(
    'of %s has exactly its lines and columns',
    (name) => {
      const scene = sceneOf(name);
      fc.assert(
        fc.property(
          fc.integer({ min: 20, max: 250 }),
          fc.integer({ min: 5, max: 80 }),
          fc.nat(scene.navigator.end),
          fc.array(fc.constantFrom(...keys), { maxLength: 12 }),
          fc.nat(250),
          (columns, rows, state, pressed, column) => {
            scene.navigator.goTo(state);
            const stepper = new Stepper(scene, { columns, rows });
            pressed.forEach((key) => stepper.key(key));
            stepper.click(column, column % 80);
            stepper.wheel((column % 7) - 3);
            const { lines } = stepper.screen;
            expect(lines).toHaveLength(rows);
            for (const one of lines) expect(plainText(one)).toHaveLength(columns);
            expect(lines.map(plainText).join('')).toMatch(/^[ -~…]*$/u);
          },
        ),
        { numRuns: 60 },
      );
    },
    60_000,
  );

  it('tiles the screen with panes, and the one that has the keys is there', () => {
    for (let columns = 20; columns <= 250; columns += 23) {
      for (let rows = 5; rows <= 80; rows += 1) {
        for (const focus of PANES) {
          const shown = focus === 'code' || focus === 'registers' ? 'stack' : focus;
          const { rects, top, bottom } = layOut(columns, rows, focus, shown);
          expect(rects.some(({ pane }) => pane === focus)).toBe(true);
          expect(new Set(rects.map(({ pane }) => pane)).size).toBe(rects.length);
          const wide = rects.some(({ x }) => x > 0);
          const area = rects.reduce((sum, { width, height }) => sum + width * height, 0);
          expect(area).toBe((columns - (wide ? 1 : 0)) * (rows - top - bottom));
        }
      }
    }
  });

  it('is the same for the same keys', () => {
    const script = 'size 150x50 g s n Tab j j w screen';
    expect(run(script)).toBe(run(script));
  });

  it('cuts and fills lines to a width', () => {
    expect(plainText(fit(line('abc'), 5))).toBe('abc  ');
    expect(plainText(fit(line('abcdef'), 5))).toBe('abcd…');
    expect(plainText(fit([...line('abc'), ...line('def')], 3))).toBe('ab…');
    expect(plainText(fit(line('a\tb\u{1f4a9}\x1b'), 8))).toBe('a?b??   ');
  });
});

describe('keys', () => {
  const press = (stepper: Stepper, ...keys: string[]): number => {
    for (const key of keys) stepper.key(key);
    return stepper.scene.at;
  };

  it('go where they say', () => {
    const stepper = stepperOf();
    expect(press(stepper, 'g')).toBe(746);
    expect(press(stepper, 'g')).toBe(0); // gg
    expect(press(stepper, 't')).toBe(838);
    expect(press(stepper, 'F')).toBeLessThan(838);
    expect(press(stepper, 'G')).toBe(839);
    expect(press(stepper, '4')).toBe(126);
    expect(press(stepper, 'Home', 'Right', 'Enter', 's', 'Space', 'Left')).toBe(3);
  });

  it('w and W go from write to write of the place under the cursor', () => {
    const stepper = stepperOf();
    press(stepper, 'g'); // before the guilty write of sfd.id
    expect(press(stepper, 'W')).toBe(0); // the sandbox filled it
    expect(screenText(stepper.screen)).toContain('the sandbox wrote 1 at 0xffff8803f382cc60');
    expect(press(stepper, 'w')).toBe(746);
    expect(press(stepper, 'w')).toBe(746);
    expect(screenText(stepper.screen)).toContain('nothing writes 1 at 0xffff8803f382cc60 after this');
  });

  it('w on a register goes to what changes it', () => {
    const stepper = stepperOf();
    press(stepper, 't', 'Tab', 'j', 'j', 'j'); // rbx
    press(stepper, 'W');
    expect(stepper.scene.location).toBe('shm_close+0x39');
  });

  it('c runs to the line of the cursor, C back to it', () => {
    const stepper = stepperOf();
    press(stepper, '6', 'j', 'j', 'c');
    expect(stepper.scene.location).toBe('remove_vma+0x2');
    const at = stepper.scene.at;
    press(stepper, 'k', 'k', 'C');
    expect(stepper.scene.at).toBe(at - 2);
  });

  it('a click puts the cursor on a row, in either column of registers', () => {
    const stepper = stepperOf();
    press(stepper, 't');
    const rows = screenText(stepper.screen).split('\n');
    const row = rows.findIndex((text) => text.includes(' r12 '));
    stepper.click(60, row);
    expect(stepper.look).toMatchObject({ focus: 'registers', register: 12 });
    stepper.click(3, row);
    expect(stepper.look.register).toBe(4);
    stepper.wheel(3);
    expect(stepper.look.register).toBe(7);
    stepper.wheel(3, 10, 19); // over the stack
    expect(stepper.look).toMatchObject({ focus: 'stack', register: 7 });
  });

  it('say why nothing happened', () => {
    const said = (script: string, name?: string) =>
      run(`size 80x24 ${script} screen`, name).split('\n').at(-2);
    expect(said('b')).toBe(' this is the start');
    expect(said('G s')).toBe(' this is the end');
    expect(said('.')).toBe(' nothing was searched; / does');
    expect(said('/ "no such text"')).toBe(' no such text is nowhere in this run');
    expect(said(': "no_such_symbol"')).toBe(' no_such_symbol is not a symbol, address or number');
    expect(said(': "9999"')).toBe(' there is no instruction 9999: the end is 839');
    expect(said('9')).toBe(' there is no step 9: the scenario has 6');
    expect(said('t', 'shm-close-control')).toBe(' nothing trapped in this run');
    expect(said('g', 'shm-close-control')).toBe(' nothing was written out of bounds in this run');
  });
});

describe('a script', () => {
  it('has comments, text in quotes, and ends at q', () => {
    const text = run('# nothing\n/ "ud2"  # of BUG()\nscreen\nq\nno-key');
    expect(text).toContain(' ud2: 1 of 1');
    expect(text).toContain('838/839');
  });

  it('without screen prints the last one', () => {
    expect(run('t')).toBe(run('t screen'));
  });

  it.each([
    ['stpe', /there is no key stpe/u, 1],
    ['s\n\nscren', /there is no key scren; did you mean screen\?/u, 3],
    ['s\n"text"', /text in quotes comes after \/ or :/u, 2],
    ['/ ud2', /\/ and : take text in quotes: "ud2"/u, 1],
    ['s\n/', /without its text/u, 2],
    ['/ "ud2', /a quote is not closed/u, 1],
    ['size', /size takes columns and rows/u, 1],
    ['s\nsize 80', /size takes columns and rows/u, 2],
    ['size 3x3', /a size lies between 20x5 and 1000x1000, not 3x3/u, 1],
    ['click 1', /click takes columns and rows/u, 1],
  ])('%j is an error with file and line', (script, message, number) => {
    let error: unknown;
    try {
      run(script);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(message);
    expect((error as InputError).where).toMatchObject({ file: 'keys.txt', line: number });
  });
});
