// The C of a library: structs.h, functions of its own, and versions of the release's; fields that are set by type.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';

const temporary = mkdtempSync(join(tmpdir(), 'oopslab-library-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());
const compilers = ['gcc', 'clang'].filter((name) => spawnSync(name, ['--version']).status === 0);

const STRUCTS = `struct point { int x, y; };
struct shape {
	struct list_head list;
	struct point corners[3];
	char name[16];
	struct shape *next;
	u8 flags;
};
`;
const AREA = `#include "oopslab.h"
#include "../../structs.h"
static int calls;
int shape_area(struct shape *shape)
{
	calls++;
	return shape->corners[1].x * shape->next->corners[2].y;
}
`;
const NEVER = '#include "oopslab.h"\nvoid convert_delimiter(char *path, char delim)\n{\n}\n';

const scenarioWith = (set: string): string => `format: oopslab scenario 1
name: shapes
title: Shapes
steps:
  make:
    do:
      - kzalloc: { as: second, struct: shape, set: { name: '"two"', corners: [{ x: 1 }, { x: 2, y: 3 }, { y: 5 }] } }
      - kzalloc: { as: first, struct: shape, set: ${set} }
    call: shape_area(first)
  again: shape_area(first)
expect:
  outcome: { kind: returned, value: 35 }
  fields: { 'second.corners[2].y': 5, 'second.corners[1].y': 3, first.flags: 0x80, first.next: '&second' }
`;
const RIGHT = "{ list: self, 'corners[1].x': 7, next: '&second', flags: 0x80 }";

describe.skipIf(compilers.length === 0).each(compilers)('a library in C, with %s', (cc) => {
  const library = join(temporary, cc);
  const release = join(library, 'snippets', '3.0.101-84-default');
  const write = (set: string): string => {
    const file = join(library, 'scenarios', 'shapes.yaml');
    writeFileSync(file, scenarioWith(set));
    return file;
  };

  it('has structs and functions that scenarios use, and needs no compiler afterwards', () => {
    vi.stubEnv('CC', cc);
    mkdirSync(join(library, 'scenarios'), { recursive: true });
    mkdirSync(release, { recursive: true });
    writeFileSync(join(library, 'structs.h'), STRUCTS);
    writeFileSync(join(release, 'shape_area.c'), AREA);
    writeFileSync(join(release, 'convert_delimiter.never.c'), NEVER);
    write(RIGHT);
    for (const compiler of [cc, '/nonexistent/cc']) {
      vi.stubEnv('CC', compiler);
      const { header } = replay(loadScenario('shapes', [library]), { libraries: [library] });
      expect(header.unexpected).toEqual([]);
      expect(header.objects.find(({ name }) => name === 'first')?.struct).toBe('shape');
    }
    expect(readdirSync(release)).toEqual([
      'convert_delimiter.never.c',
      'convert_delimiter.never.hex',
      'convert_delimiter.never.json',
      'shape_area.c',
      'shape_area.c.json',
    ]);
  });

  it('has versions of functions of the release', () => {
    const file = join(library, 'scenarios', 'never.yaml');
    const head =
      'format: oopslab scenario 1\nname: never\nextends: shm-close-bug\ntitle: Nothing is converted\n';
    writeFileSync(file, `${head}variants: { convert_delimiter: never }\n`);
    const { header } = replay(loadScenario('never', [library]), { libraries: [library] });
    expect(header.outcome.kind).toBe('returned');
  });

  it.each([
    ["{ 'corner[1].x': 7 }", /struct shape has no field "corner\[1\]\.x"; did you mean corners\?/u],
    ["{ 'corners[3].x': 7 }", /shape\.corners is an array of 3, without "\[3\]\.x"/u],
    ["{ 'corners[1].z': 7 }", /shape\.corners\[1\] has no field "z".* it has x, y/u],
    ['{ flags: 0x100 }', /0x100 does not fit in u8 \(1 bytes\)/u],
    ['{ name: \'"a name of over sixteen"\' }', /the text has 22 bytes, the field 16/u],
  ])('refuses %s with the near name or the type', (set, problem) => {
    write(set);
    expect(() => replay(loadScenario('shapes', [library]), { libraries: [library] })).toThrow(problem);
  });

  it('says that a header has changed where there is no compiler', () => {
    appendFileSync(join(library, 'structs.h'), 'struct more { int a; };\n');
    vi.stubEnv('CC', '/nonexistent/cc');
    expect(() => loadScenario('shapes', [library])).toThrow(/changed since structs\.json was made of it/u);
  });
});

describe.skipIf(compilers.length === 0)('a scenario alone', () => {
  it('takes structs from a header beside it', () => {
    const folder = join(temporary, 'alone');
    mkdirSync(folder);
    writeFileSync(join(folder, 'mine.h'), 'struct mine { u32 table[2][2]; struct { s16 low; } part; };\n');
    const file = join(folder, 'one.yaml');
    writeFileSync(
      file,
      'format: oopslab scenario 1\nname: one\ntitle: One\nstructs: mine.h\nsteps:\n  a: { do: [{ kzalloc: { as: m, struct: mine, ' +
        'set: { table: [[1, 2], [3, 4]], part: { low: -2 } } } }] }\n' +
        "expect: { fields: { 'm.table[1][0]': 3, 'm.part.low': -2 } }\n",
    );
    expect(replay(loadScenario(file)).header.unexpected).toEqual([]);
  });
});
