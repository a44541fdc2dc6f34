// The checks of linked lists.
// Source: lib/list_debug.c, v2.6.18 (no address of the node) to v6.14.

import { defined } from '../../../base/defined.js';
import { type CheckerTable, address, facts, kernelAddress } from './part.js';

const VALUE = '(?:0x)?([0-9a-f]{8,16})';

export const LIST: CheckerTable = {
  checker: 'list',
  begins: [
    // `object` is the node that holds the wrong pointer.
    [
      new RegExp(
        `^(list_(?:add|del)) corruption[.,:]? (prev->next|next->prev) should be (?:prev |next )?\\(?${VALUE}\\)?, but was (?:${VALUE}|\\(null\\))\\.?(?: ?\\((?:prev|next)=${VALUE}\\))?`,
        'u',
      ),
      ([, operation, compared, expected, found, holder]) => {
        // From 4.15 to 4.17 these are hashes, all of them.
        const right = kernelAddress(expected);
        const bug = `${operation!} corruption`;
        if (right === undefined) return { bug, compared: compared! };
        return defined({
          bug,
          compared: compared!,
          expected: right,
          found: found === undefined ? 0n : address(found),
          object: holder === undefined ? undefined : defined({ address: kernelAddress(holder) }),
        });
      },
    ],
    [
      new RegExp(
        `^(list_(?:add|del)) corruption[.,:]? (?:${VALUE}->)?(next|prev) is (NULL|LIST_POISON[12])(?: \\(${VALUE}\\))?`,
        'u',
      ),
      ([, operation, node, pointer, what, value]) =>
        defined({
          bug: `${operation!} corruption`,
          compared: pointer!,
          found: what === 'NULL' ? 0n : address(value),
          object: node === undefined ? undefined : defined({ address: kernelAddress(node) }),
          ...facts({ poison: what === 'NULL' ? undefined : what }),
        }),
    ],
    [
      new RegExp(`^list_add double add: new=${VALUE}, prev=${VALUE}, next=${VALUE}`, 'u'),
      ([, node, prev, next]) => ({
        bug: 'list_add double add',
        object: defined({ address: kernelAddress(node) }),
        facts: { prev: `0x${prev!}`, next: `0x${next!}` },
      }),
    ],
    [/^(list_(?:add|del) corruption)\b/u, ([, bug]) => ({ bug: bug! })],
  ],
  adds: [],
};
