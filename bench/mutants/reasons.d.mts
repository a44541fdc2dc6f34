export interface Reason {
  readonly kind: 'equivalent' | 'missed';
  readonly reason: string;
}

interface Result {
  readonly id: string;
  readonly verdict: string;
  readonly same: string | undefined;
  readonly reason: string | null;
}

export function readReasons(file: URL | string): Map<string, Reason>;

export function classify<One extends Result>(
  results: readonly One[],
  reasons: ReadonlyMap<string, Reason>,
  all: readonly Pick<One, 'id' | 'same'>[],
): {
  readonly killed: One[];
  readonly survivors: (One & { readonly why: Reason | undefined })[];
  readonly equivalent: One[];
  readonly missed: One[];
  readonly problems: string[];
};
