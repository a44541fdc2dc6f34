// The names that stand in for real ones: the same for the same name, numbered in the order in which they are met.

export const PRIVATE_KINDS = ['task', 'user', 'host', 'ip', 'mac', 'id', 'serial', 'secret', 'path'] as const;

export type PrivateKind = (typeof PRIVATE_KINDS)[number];

/** Of one kind; a log can have very many, which then share the last one. */
export const MAX_NAMES = 100_000;

const isPseudonym = (kind: PrivateKind, name: string): boolean =>
  new RegExp(`^${kind}-\\d{1,6}x*$`, 'u').test(name);

export class Pseudonyms {
  readonly #sameLength: boolean;
  readonly #names = new Map<PrivateKind, Map<string, string>>();
  readonly #made = new Set<string>();
  readonly #everywhere = new Map<PrivateKind, Set<string>>();

  /** @param sameLength for texts in which the length of a line says where it was cut */
  constructor({ sameLength = false }: { readonly sameLength?: boolean } = {}) {
    this.#sameLength = sameLength;
  }

  /** What stands in for a name. A name that is one already stays. */
  of(kind: PrivateKind, name: string): string {
    if (isPseudonym(kind, name)) return name;
    let names = this.#names.get(kind);
    if (names === undefined) this.#names.set(kind, (names = new Map<string, string>()));
    const known = names.get(name);
    if (known !== undefined) return known;
    if (names.size >= MAX_NAMES) return `${kind}-${MAX_NAMES}`;
    const made = this.#make(kind, names.size + 1, name.length);
    names.set(name, made);
    this.#made.add(made);
    return made;
  }

  /** Whether a name is one that stands in for another. */
  isMade(name: string): boolean {
    return this.#made.has(name);
  }

  /** The real names of a kind. */
  known(kind: PrivateKind): readonly string[] {
    return [...(this.#names.get(kind)?.keys() ?? [])];
  }

  /** Note that a name is surely one: it is to be replaced wherever it stands. */
  note(kind: PrivateKind, name: string): void {
    if (isPseudonym(kind, name)) return;
    this.#everywhere.set(kind, (this.#everywhere.get(kind) ?? new Set()).add(name));
  }

  /** The names of a kind that were noted. */
  everywhere(kind: PrivateKind): readonly string[] {
    return [...(this.#everywhere.get(kind) ?? [])];
  }

  /** What stands in for a name, in the place of another form of it. */
  fit(made: string, found: string): string {
    if (!this.#sameLength || made.length === found.length) return made;
    const fitted = made.padEnd(found.length, 'x').slice(0, found.length);
    this.#made.add(fitted);
    return fitted;
  }

  #make(kind: PrivateKind, number: number, length: number): string {
    const whole = `${kind}-${number}`;
    if (!this.#sameLength) return whole;
    if (whole.length <= length) return whole.padEnd(length, 'x');
    // Too short for the word: a letter and as many digits as fit.
    return `${kind[0]!}${number}`.padEnd(length, 'x').slice(0, length);
  }
}
