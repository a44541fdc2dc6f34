// Whether a name is true: the struct that a register is said to point to, held against the variables that DWARF has in that
// register there. Another program's answers decide (variables.c); nothing here looks at how a name was concluded, but for
// the struct around a member, which a variable of the member alone does not prove.
import { Fields } from '../../src/decode/types/fields.js';
import type { Btf, TypeId } from '../../src/image/btf.js';

/** A line of `accessLines`, as far as it is judged. */
export interface Line {
  readonly at: string; // place: `shm_close+0x15`
  readonly place: string; // hexadecimal
  readonly instruction: string;
  readonly base: string; // register
  readonly text?: string;
  readonly struct?: string;
  /** Of what the register points to, in the struct. */
  readonly inside?: number;
  /** Of the access, in the struct. */
  readonly offset?: number;
  readonly sure?: 'likely' | 'possible';
  readonly class?: string;
  readonly whyNot?: string;
}

/** A variable that DWARF has in a register. */
export interface Variable {
  readonly name: string;
  /** The variable's value is the register plus this. */
  readonly plus: number;
  readonly pointers: number;
  readonly kind: 'struct' | 'union' | 'number' | 'function' | 'void' | 'other';
  /** Name of the type after the pointers; empty for one without. */
  readonly type: string;
}

export type Verdict =
  | 'confirmed'
  | 'contradicted'
  /**
   * A variable is there, but neither proves the name nor refutes it: `char *`, the member of a container, or what lies
   * wholly before or behind the struct, or in bytes of it that the access does not touch (data laid over a buffer).
   */
  | 'inconclusive'
  /** No variable is there, or one whose type BTF does not know. */
  | 'unknown';

const AROUND = /container|shared/u; // the classes that a variable of the member would prove in a circle

/** Holds names against variables. */
export class Judge {
  readonly #fields: Fields;

  constructor(readonly btf: Btf) {
    this.#fields = new Fields(btf);
  }

  #named(name: string): TypeId | undefined {
    return this.btf.find('struct', name) ?? this.btf.find('union', name) ?? this.btf.find('typedef', name);
  }

  // Where bytes of any form begin that an offset lies in: an array of single bytes.
  #bytesAround(struct: TypeId, offset: number): number | undefined {
    const array = this.#fields.arrayAt(struct, offset);
    return array !== undefined && this.btf.sizeOf(array.of) === 1 ? array.from : undefined;
  }

  // Whether what lies at `from` of the struct says nothing of what an access means.
  #isApart(struct: TypeId, from: number, variable: TypeId, offset: number): boolean {
    const size = this.btf.sizeOf(struct);
    if ((from >= size && offset < size) || -from >= this.btf.sizeOf(variable)) return true;
    const bytes = this.#bytesAround(struct, from);
    return bytes !== undefined && this.#bytesAround(struct, offset) !== bytes;
  }

  /** @param line that has a name @param variables in its base register, at its instruction */
  verdict({ struct, inside, offset = 0, class: of }: Line, variables: readonly Variable[]): Verdict {
    const named = struct === undefined ? undefined : this.#named(struct);
    if (named === undefined || inside === undefined) return 'unknown';
    const pointers = variables.filter(
      ({ pointers, kind, type }) =>
        pointers === 1 && (kind === 'struct' || kind === 'union') && this.#named(type) !== undefined,
    );
    if (pointers.length === 0)
      return variables.some(({ pointers, kind }) => pointers > 0 && kind !== 'void')
        ? 'inconclusive'
        : 'unknown';
    let isRefuted = false;
    let isAround = false;
    for (const { type, plus } of pointers) {
      const variable = this.#named(type)!;
      const from = inside + plus; // of what the variable points to, in the struct
      if (this.#fields.holds(variable, -from, named)) return 'confirmed';
      if (!this.#fields.holds(named, from, variable)) {
        isRefuted ||= !this.#isApart(named, from, variable, offset);
        continue;
      }
      if (!AROUND.test(of ?? '')) return 'confirmed';
      isAround = true;
    }
    return isRefuted && !isAround ? 'contradicted' : 'inconclusive';
  }
}

/** How many names got which verdict. */
export type Tally = Record<Verdict, number>;

export const noTally = (): Tally => ({ confirmed: 0, contradicted: 0, inconclusive: 0, unknown: 0 });

/** Of those that DWARF decides, the share that is right; NaN where it decides none. */
export const precision = ({ confirmed, contradicted }: Tally): number =>
  confirmed / (confirmed + contradicted);

/** Numbers from 0 up to 1, the same for the same seed. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
};

/** The names of lines dealt out anew: what a judge that can tell true from false has to refuse. */
export const shuffled = (lines: readonly Line[], random: () => number): Line[] => {
  const order = lines.map((_, index) => index);
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return lines.map((line, index) => {
    const { struct, inside, offset, text, class: of, sure } = lines[order[index]!]!;
    return Object.assign({}, line, { struct, inside, offset, text, class: of, sure });
  });
};
