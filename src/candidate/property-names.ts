// The names of the properties that a candidate is checked with. What each of them demands is not known here.

/** Every property, in the order in which a report lists them. */
export const PROPERTY_NAMES = [
  'writes-inside', //      no byte outside its allocations changes
  'reads-inside', //       none outside its allocations is read
  'result', //             it returns what the source promises
  'inputs-unchanged', //   what it was given is as it was
  'allocation-failure', // it returns NULL where an allocation fails
  'no-leak', //            nothing stays allocated, nothing is freed twice
  'readers', //            whoever reads the neighbours afterwards ends well
  'same-twice', //         the same inputs give the same result again
  'ends', //               it returns within its budget
] as const;

/** The name of a property that a candidate is checked with. */
export type PropertyName = (typeof PROPERTY_NAMES)[number];
