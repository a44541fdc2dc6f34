// Imports point one way: down the layers of docs/design.md's list, or sideways without a cycle.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

// A new file must say where it belongs.
const LAYERS: readonly (readonly string[])[] = [
  ['address', 'did-you-mean', 'errors', 'memory', 'package-folder', 'ranges', 'read-file', 'replace-file', 'wrap'],
  [
    'disasm', 'encoding', 'engine', 'gnu-prefixes', 'gnu-text', 'layout', 'library', 'old-spelling', 'register-parts', 'registers', 'structs/*',
    'symbols', 'transfer', 'value-input', 'value-pair', 'value-patterns',
  ],
  [
    'bugtable', 'given', 'live-allocations', 'machine', 'oops', 'oops-fields', 'oops-format', 'oops-parse', 'oops-words',
    'pointer-provenance', 'recorded-state', 'recorder', 'recording', 'recording-file', 'recording-header', 'saved-registers', 'slab',
    'comparison', 'crash/*', 'expect', 'explanation-text', 'forensics-document', 'forensics-text', 'lineage', 'lineage-accesses', 'lineage-assembly', 'lineage-chart', 'lineage-code', 'lineage-document', 'lineage-effects', 'lineage-ledger', 'lineage-names', 'lineage-operands', 'lineage-rows', 'lineage-tags', 'lineage-text', 'lineage-types', 'lineage-walk', 'list-walk', 'listing', 'manifest', 'manifest-schema', 'on-demand', 'out-of-bounds', 'out-of-bounds-text', 'parameters', 'refused-code', 'ruled-allocations', 'scenario', 'scenario-file', 'scenario-schema', 'slab-geometry', 'slab-identify', 'slab-layout', 'slab-list', 'slab-view', 'snippet', 'step/*', 'steps', 'store-value', 'story', 'stubs', 'surfacing', 'teller', 'trap-report', 'unwind', 'value-candidates', 'value-explanations', 'value-forensics', 'values', 'world', 'world-heap',
  ],
  ['fast-replay', 'replay', 'replay-document'],
  ['candidate/*', 'chart/*', 'check/*', 'decode/*', 'lesson/*', 'report/*', 'serve/*'],
  ['cli/*', 'index'],
]; // prettier-ignore

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/').replace(/\.ts$/u, ''))
  .toSorted();

const layerOf = (file: string): number =>
  LAYERS.findIndex((names) => names.includes(file) || names.includes(`${dirname(file)}/*`));

/** What a file imports from `src`, types included. */
const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join(src, `${file}.ts`), 'utf8').matchAll(
      /\bfrom '(\.[^']+)\.js'|\bimport\('(\.[^']+)\.js'\)/gu,
    ),
  ].map(([, named, dynamic]) => normalize(join(dirname(file), (named ?? dynamic)!)).replaceAll('\\', '/'));

describe('the layers', () => {
  it('know every file', () => {
    expect(files.filter((file) => layerOf(file) < 0)).toEqual([]);
    const known = LAYERS.flat().filter((name) => !name.endsWith('/*'));
    expect(known.filter((name) => !files.includes(name))).toEqual([]);
  });

  it('are imported downward or sideways only', () => {
    const upward = files.flatMap((file) =>
      importsOf(file)
        .filter((imported) => layerOf(imported) > layerOf(file))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(upward).toEqual([]);
  });

  it('have no cycle', () => {
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file))
        throw new Error(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
      if (done.has(file)) return;
      for (const imported of importsOf(file)) visit(imported, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });

  it('have a barrel for each entry of the package, which nobody inside imports', () => {
    expect(
      files.filter((file) => importsOf(file).some((imported) => /(?:^|\/)index$/u.test(imported))),
    ).toEqual([]);
    const reexporting = files.filter(
      (file) =>
        (readFileSync(join(src, `${file}.ts`), 'utf8').match(/^export (?:\*|\{[^}]*\}) from/gmu) ?? [])
          .length > 2,
    );
    expect(reexporting).toEqual(['check/index', 'index']);
  });

  // What shows something reads a recording or a memory: it never runs the machine.
  it.each([
    'bugtable', 'chart/lineage-picture', 'chart/slab-picture', 'comparison', 'crash/run', 'forensics-document', 'forensics-text', 'lineage', 'lineage-chart', 'lineage-document', 'lineage-text', 'live-allocations', 'oops', 'out-of-bounds', 'out-of-bounds-text', 'pointer-provenance', 'recorded-state', 'recording-file', 'replay-document', 'serve/guard', 'serve/live-verdict', 'slab', 'slab-identify', 'slab-view', 'report/collect', 'step/navigator', 'step/script', 'step/stepper', 'story', 'surfacing', 'teller', 'trap-report', 'unwind',
  ])('%s reaches no engine and no machine', (file) => {
    const reached = new Set<string>();
    const visit = (one: string): void => {
      if (reached.has(one)) return;
      reached.add(one);
      importsOf(one).forEach(visit);
    };
    visit(file);
    expect([...reached].filter((one) => ['engine', 'machine', 'library'].includes(one))).toEqual([]);
  }); // prettier-ignore
});
