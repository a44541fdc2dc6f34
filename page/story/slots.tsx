// The slots of a slab page that the story is about, by address: who has each, and what the scene changed.

import type { PageSlot } from '../../src/report/page-data.js';

const wordsOf = ({ name, life, change, was }: PageSlot): { readonly name: string; readonly says: string } => {
  const own = name === '' ? 'an object' : name;
  if (own === null) return { name: '', says: 'free' };
  const before = was === '' ? 'an object' : was;
  if (change === 'allocated') return { name: own, says: 'allocated now' };
  if (change === 'reused')
    return { name: own, says: before === own ? 'allocated again' : `allocated, where ${before ?? ''} was` };
  if (change === 'freed') return { name: own, says: 'freed now, its bytes stay' };
  return { name: own, says: life === 'freed' ? 'free, its bytes stay' : 'in use' };
};

const end = (slot: PageSlot): bigint => BigInt(slot.address) + BigInt(slot.size);

/** The picture. */
export const Slots = ({ slots, cache }: { slots: readonly PageSlot[]; cache: string }) => (
  <figure class="slots">
    <figcaption>
      Slots of <code>{cache}</code>
    </figcaption>
    <ol>
      {slots.map((slot, index) => {
        const { name, says } = wordsOf(slot);
        const before = slots[index - 1];
        const isApart = before !== undefined && end(before) !== BigInt(slot.address);
        return (
          <li
            key={slot.address}
            class={`${slot.life}${slot.change === null ? '' : ' change'}${slot.isDamaged ? ' damaged' : ''}${isApart ? ' apart' : ''}`}
          >
            <b>{name}</b>
            <span>{slot.isDamaged ? `damaged, ${says}` : says}</span>
            <small>{slot.address}</small>
          </li>
        );
      })}
    </ol>
  </figure>
);
