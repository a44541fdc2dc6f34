// Small runs in hand assembled code that calls kmalloc() and kfree(), and their findings in short.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Case } from '../../src/reading/case.js';
import type { Recording } from '../../src/recording/recording.js';
import { loadRelease } from '../../src/release/snippet.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { START, inTemporaryFolder, writeGuest } from './guest-library.js';

const symbols = loadRelease().symbols;

/** A call of a function of the kernel, to be placed by `assemble`. */
export interface Call {
  readonly call: string;
}

/** Bytes, and calls among them. */
export type Code = readonly (readonly number[] | Call)[];

const low32 = (value: bigint): number[] =>
  Array.from({ length: 4 }, (_, index) => Number((value >> BigInt(index * 8)) & 0xffn));

/** The bytes of a function at START. */
export const assemble = (code: Code): number[] => {
  const bytes: number[] = [];
  for (const part of code) {
    if (!('call' in part)) bytes.push(...part);
    else {
      const next = START + BigInt(bytes.length + 5);
      const target = symbols.findSymbol(part.call)!.address;
      bytes.push(0xe8, ...low32(BigInt.asUintN(32, target - next)));
    }
  }
  return bytes;
};

const SCENARIO = `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
world:
  gs: 0xffff88043fd00000
  caches: { size-32: { frames: [0x20000] }, size-64: { frames: [0x20001, 0x20003] }, size-1024: { frames: [0x20002] } }
  memory:
    - { name: stack, at: 0xffff880211336000, size: 8192, source: test }
    - { name: data, at: 0xffff880211340000, size: 4096, source: test }
WORLD
STEPS
expect: {}
`;

/** What a test says of a run. */
export interface LifetimeRun {
  /** The function `guest`. */
  readonly code: Code;
  /** YAML: lines of `do` of the step before the call. */
  readonly before?: readonly string[];
  /** YAML: arguments of the call. */
  readonly arguments?: string;
  /** YAML: more fields of the world. */
  readonly world?: readonly string[];
  /** YAML: steps in place of those of `before` and `arguments`. */
  readonly steps?: readonly string[];
}

const RSP = 'rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000';

/** A step that calls `guest`. */
export const callGuest = (name: string, list: string): string =>
  `  ${name}: { call: { function: guest, arguments: [${list}], ${RSP} } }`;

/** Run it once and keep everything. */
export const lifetimeRun = ({
  code,
  before = [],
  arguments: list = '',
  world = [],
  steps,
}: LifetimeRun): Recording =>
  inTemporaryFolder((library) => {
    mkdirSync(join(library, 'scenarios'), { recursive: true });
    const own = steps ?? [
      ...(before.length === 0 ? [] : ['  prepare:', '    do:', ...before.map((line) => `      - ${line}`)]),
      callGuest('call', list),
    ];
    const text = SCENARIO.replace('WORLD', world.map((line) => `  ${line}`).join('\n')).replace(
      'STEPS',
      ['steps:', ...own].join('\n'),
    );
    const bytes = assemble(code);
    writeGuest(library, bytes, text);
    writeFileSync(join(library, 'scenarios', 'guest.yaml'), text);
    return replay(loadScenario('guest', [library]), { libraries: [library] });
  });

/** Findings in short: kind, place, access, object and offset, how often, and who has the memory. */
export const shortFindings = (recording: Recording): string[] =>
  new Case(recording).findings.map(
    ({ kind, at, access, object, offset, times, now }) =>
      `${kind} ${at} ${access ?? '-'} ${object === null ? '-' : `${object.name ?? object.cache}+${offset}`} x${times}${now === null ? '' : ` in ${now.name ?? now.cache}`}`,
  );
