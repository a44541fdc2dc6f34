// Case folders: every template works at once and as it says, without a compiler and with each.
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../src/base/sha256.js';
import { Dump } from '../../src/reading/dump.js';
import { Case } from '../../src/reading/case.js';
import { runLine } from '../../src/crash/run.js';
import { CaseBook } from '../../src/lesson/case-book.js';
import { gradeLesson } from '../../src/lesson/grade.js';
import { loadLesson } from '../../src/lesson/lesson.js';
import { loadRecording, saveRecording } from '../../src/recording/file.js';
import { replay } from '../../src/run/replay.js';
import { loadControl, loadScenario } from '../../src/scenario/scenario.js';
import { codeOfCase } from '../../src/source/case-code.js';
import { templateNames, writeCase } from '../../src/source/templates.js';

const temporary = mkdtempSync(join(tmpdir(), 'oopslab-cases-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

const compilers = ['gcc', 'clang'].filter((name) => spawnSync(name, ['--version']).status === 0);

let number = 0;
const newCase = (template: string, name = 'my-case'): string => {
  const folder = join(temporary, String((number += 1)), name);
  mkdirSync(join(folder, '..'), { recursive: true });
  writeCase(folder, name, template);
  return folder;
};

const ENDS: Readonly<Record<string, string>> = {
  'double-free': 'returned',
  'list-corruption': 'fault',
  'null-dereference': 'fault',
  overrun: 'fault',
  refcount: 'bug',
  'type-confusion': 'fault',
  uninitialised: 'fault',
  'use-after-free': 'fault',
};

describe('a template', () => {
  it('is there for each kind of bug', () => expect(templateNames()).toEqual(Object.keys(ENDS)));

  it.each(templateNames())('%s works without a compiler, and so does its control', (template) => {
    vi.stubEnv('CC', '/nonexistent/cc');
    const folder = newCase(template);
    const scenario = loadScenario(`${folder}/`);
    const { header } = replay(scenario);
    expect(header.outcome.kind).toBe(ENDS[template]);
    expect(header.unexpected).toEqual([]);
    const control = loadControl(scenario);
    const ended = replay(control!).header;
    expect([ended.outcome.kind, ended.unexpected]).toEqual(['returned', []]);
    expect(loadControl(control!)).toBeUndefined();
  });

  it.each(templateNames())('%s has a lesson whose questions have answers', (template) => {
    const folder = newCase(template);
    const lesson = loadLesson(join(folder, 'lesson.md'));
    expect(lesson.questions).toHaveLength(3);
    for (const { texts } of gradeLesson(lesson, new CaseBook([]))) expect(texts.length).toBeGreaterThan(0);
  });

  it.each(templateNames())('%s keeps what was compiled of the source that it has', (template) => {
    const folder = newCase(template);
    const kept = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as {
      sources: { sha256: string }[];
    };
    expect(kept.sources[0]!.sha256).toBe(sha256(readFileSync(join(folder, 'case.c'), 'utf8')));
  });
});

describe('steps', () => {
  const stepsOf = (steps: string): unknown => {
    const folder = newCase('overrun');
    writeFileSync(
      join(folder, 'scenario.yaml'),
      `format: oopslab scenario 1\nname: steps\ntitle: Steps\nsteps:\n  first: ${steps}\n`,
    );
    return replay(loadScenario(folder)).header.events.find(({ kind }) => kind === 'call');
  };

  it.each([
    ['job = job_new(7)', ['0x7']],
    ['label_new("a, b")', ['0xffffffffa0780000']],
    ["job_new('A')", ['0x41']],
    ['job_new(-1)', ['0xffffffffffffffff']],
    ['job_new(NULL)', ['0x0']],
    ['job_new(&total)', ['0xffffffffa0701000']],
    ['{ says: One., call: job_new(0x10) }', ['0x10']],
  ])('%s is a call', (step, values) => expect(stepsOf(step)).toMatchObject({ arguments: values }));

  it.each([
    ['job_new(7', /should be a call as C writes it: function\(argument, …\) or name = .*found "job_new\(7"/u],
    ['job_new(1,)', /should be a call as C writes it/u],
    ['job_nwe(7)', /no function "job_nwe"; did you mean job_new\?/u],
    ['job_new(1, 2, 3, 4, 5, 6, 7)', /7 arguments; at most 6/u],
    ['job_new(jb)', /there is no object "jb" here/u],
    ['x = job_start(0)', /job_start returns void: a pointer gets a name/u],
  ])('%s is refused', (step, problem) => expect(() => stepsOf(step)).toThrow(problem));
});

describe('a case that changes', () => {
  it('needs a compiler, and says so', () => {
    const folder = newCase('overrun');
    appendFileSync(join(folder, 'case.c'), '\n');
    vi.stubEnv('CC', '/nonexistent/cc');
    expect(() => loadScenario(folder)).toThrow(/changed since case\.json was made of it, and there is no/u);
  });

  it.skipIf(compilers.length === 0).each(compilers)(
    'is compiled by %s, to the same bytes in any folder',
    (cc) => {
      vi.stubEnv('CC', cc);
      const texts = ['a', 'b/c d'].map((place) => {
        const folder = newCase('use-after-free');
        const moved = join(temporary, cc, place, 'my-case');
        mkdirSync(join(moved, '..'), { recursive: true });
        cpSync(folder, moved, { recursive: true });
        appendFileSync(join(moved, 'case.c'), '\nconst char *where(void) { return __FILE__; }\n');
        const { header } = replay(loadScenario(`${moved}/scenario.yaml`));
        expect([header.outcome.kind, header.unexpected]).toEqual(['fault', []]);
        expect(header.objects.find(({ name }) => name === 'session')?.struct).toBe('session');
        return readFileSync(join(moved, 'case.json'), 'utf8');
      });
      expect(texts[0]).toBe(texts[1]);
      expect(texts[0]).not.toContain(temporary);
    },
  );
});

const RICH = `#include <linux/slab.h>
#include <linux/kref.h>
#include "oopslab.h"
enum colour { RED, GREEN };
union both { long number; struct { int low; char *high; } parts; };
struct inner { u8 bytes[3]; short s; };
struct rich {
	const char *name;
	struct inner in[2][3];
	union both both;
	union { int a; void *b; };
	struct { int x; int y; };
	unsigned one : 3, two : 5;
	enum colour colour;
	bool yes;
	atomic_t count;
	spinlock_t lock;
	struct rich *next, **all;
	int (*ops[2])(struct rich *, int);
	char text[10];
	char rest[];
};
int table[4] = { 1, 2 };
struct rich *make(int n)
{
	struct rich *made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (made) made->in[1][2].s = n;
	BUG_ON(n > table[1]);
	return made;
}
`;

describe.skipIf(compilers.length === 0).each(compilers)('C that %s compiles', (cc) => {
  const write = (text: string): string => {
    vi.stubEnv('CC', cc);
    const folder = join(temporary, `${cc}${(number += 1)}`, 'rich');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'case.c'), text);
    writeFileSync(
      join(folder, 'scenario.yaml'),
      'format: oopslab scenario 1\nname: rich\ntitle: Types\nsteps: { a: { call: r = make(2) }, b: { call: make(3) } }\n' +
        'expect: { outcome: { kind: bug, line: 28 }, fields: { "r.in[1][2].s": 2, made.x: 0 } }\n',
    );
    return folder;
  };

  it('has its structs, fields, lines and names everywhere, also in a recording alone', () => {
    const folder = write(RICH);
    const run = replay(loadScenario(folder));
    expect(run.header.unexpected).toEqual([]);
    const file = join(temporary, `${cc}.rec`);
    saveRecording(run, file);
    rmSync(folder, { recursive: true });
    const alone = new Case(loadRecording(file));
    const shown = runLine({ dump: new Dump(alone), task: 0n, radix: 10 }, 'struct rich').join('\n');
    for (const line of [
      'const char *name;',
      'struct inner in[2][3];',
      'union both both;',
      'void *b;',
      'int x;',
      'atomic_t count;',
      'struct rich **all;',
      'int (*ops[2])(struct rich *, int);',
      'char text[10];',
    ])
      expect(shown).toContain(line);
    expect(alone.sourceLine(alone.symbols.symbol('make').address)?.text).toBe('{');
    expect(alone.sourceLine(alone.finalRegisters[16]!)?.text?.trim()).toBe('BUG_ON(n > table[1]);');
  });

  it.each([
    ['int f(int a { return a; }', /cannot compile it: .*case\.c:1/u],
    ['int g(void); int f(void) { return g(); }', /names that the sandbox does not have: g/u],
    ['int shm_close(int a) { return a; }', /defines shm_close, which 3\.0\.101-84-default has already/u],
    ['static int x;', /defines no function/u],
    ['__thread int x; int f(void) { return x; }', /thread-local/u],
  ])('%s is refused with one sentence', (text, problem) => {
    const folder = write(text);
    expect(() => codeOfCase(folder)).toThrow(problem);
  });
});

it('A folder that has files is left as it is, and a name of no template is told with the near one', () => {
  const folder = newCase('overrun');
  expect(() => writeCase(folder, 'x', 'overrun')).toThrow(/is there already/u);
  expect(() => writeCase(join(temporary, 'x'), 'x', 'overun')).toThrow(/did you mean "overrun"/u);
});
