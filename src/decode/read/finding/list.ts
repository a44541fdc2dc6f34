// The checks of linked lists.
// Source: lib/list_debug.c, v2.6.18 (no address of the node) to v6.14.

import { defined } from '../../../base/defined.js';
import { type CheckerTable, address, facts } from './part.js';

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
      ([, operation, compared, expected, found, holder]) =>
        defined({
          bug: `${operation!} corruption`,
          compared: compared!,
          expected: address(expected),
          found: found === undefined ? 0n : address(found),
          object: holder === undefined ? undefined : defined({ address: address(holder) }),
        }),
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
          object: node === undefined ? undefined : defined({ address: address(node) }),
          ...facts({ poison: what === 'NULL' ? undefined : what }),
        }),
    ],
    [
      new RegExp(`^list_add double add: new=${VALUE}, prev=${VALUE}, next=${VALUE}`, 'u'),
      ([, node, prev, next]) => ({
        bug: 'list_add double add',
        ...defined({ object: defined({ address: address(node) }) }),
        facts: { prev: `0x${prev!}`, next: `0x${next!}` },
      }),
    ],
    [/^(list_(?:add|del) corruption)\b/u, ([, bug]) => ({ bug: bug! })],
  ],
  adds: [],
};
