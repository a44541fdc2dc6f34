// The verdicts on the names of images, by sureness and class, with the control.
import { type Judge, type Line, type Tally, type Variable, type Verdict, noTally, precision, randomFrom, shuffled } from './judge.js'; // prettier-ignore

/** Of the names that are dealt out anew, the judge may confirm at most this share. */
export const MOST_BY_CHANCE = 0.3;

export interface Contradiction {
  readonly line: Line;
  readonly variables: readonly Variable[];
}

/** What was found out about some lines. */
export class Report {
  accesses = 0;
  readonly named = { likely: 0, possible: 0 };
  readonly tallies = new Map<string, Tally>();
  readonly control = noTally();
  readonly contradictions: Contradiction[] = [];

  #count(key: string, verdict: Verdict): void {
    const tally = this.tallies.get(key) ?? noTally();
    this.tallies.set(key, tally);
    tally[verdict] += 1;
  }

  /** @param variables of each line, in its base register */
  add(judge: Judge, lines: readonly Line[], variables: readonly (readonly Variable[])[]): void {
    this.accesses += lines.length;
    const named = lines.flatMap((line, index) =>
      line.struct === undefined ? [] : [{ line, variables: variables[index] ?? [] }],
    );
    for (const { line, variables } of named) {
      const verdict = judge.verdict(line, variables);
      this.named[line.sure!] += 1;
      this.#count(line.sure!, verdict);
      this.#count(`${line.sure!}: ${line.class!}`, verdict);
      if (verdict === 'contradicted') this.contradictions.push({ line, variables });
    }
    const dealt = shuffled(
      named.map(({ line }) => line),
      randomFrom(1),
    );
    dealt.forEach((line, index) => (this.control[judge.verdict(line, named[index]!.variables)] += 1));
  }

  /** Whether the judge can tell names from other names: without this its figures say nothing. */
  get isTrusted(): boolean {
    const { confirmed, contradicted } = this.control;
    return confirmed + contradicted > 0 && precision(this.control) <= MOST_BY_CHANCE;
  }

  /** A table for people. */
  text(): string {
    const percent = (part: number, digits = 2): string => `${(100 * part).toFixed(digits)} %`;
    const { likely, possible } = this.named;
    const row = (name: string, tally: Tally): string => {
      const { confirmed, contradicted, inconclusive, unknown } = tally;
      const right = confirmed + contradicted === 0 ? '-' : percent(precision(tally));
      const cells = [confirmed + contradicted + inconclusive + unknown, confirmed, contradicted, inconclusive, unknown, right]; // prettier-ignore
      return `${name.padEnd(34)}${cells.map((cell) => String(cell).padStart(13)).join('')}`;
    };
    const head = ['named', 'confirmed', 'contradicted', 'inconclusive', 'unknown', 'precision'];
    const tallies = [...this.tallies].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return [
      `${this.accesses} accesses; likely ${percent(likely / this.accesses, 1)}, with possible ${percent((likely + possible) / this.accesses, 1)}`,
      `${''.padEnd(34)}${head.map((cell) => cell.padStart(13)).join('')}`,
      ...tallies.map(([name, tally]) => row(name, tally)),
      row('control, names dealt out anew', this.control),
    ].join('\n');
  }
}

/** A contradiction in a line. */
export const contradictionText = ({ line, variables }: Contradiction): string => {
  const { at, instruction, text, struct, inside, sure, class: of } = line;
  const said = variables.map(
    ({ name, plus, pointers, kind, type }) =>
      `${kind} ${type} ${'*'.repeat(pointers)}${name}${plus === 0 ? '' : ` = reg ${plus}`}`,
  );
  return `[${sure} ${of}] ${at} ${instruction} :: ${text} (${struct} + ${inside}); DWARF: ${said.join(', ')}`;
};
