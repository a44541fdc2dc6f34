// Doubly linked lists, Linux 3.0.101 x86-64. Declared in include/linux/types.h.
import { ptrTo, struct } from '../layout.js';

/** A node or head of a doubly linked list; empty when both point to itself. */
export const list_head = struct('list_head', 0x10, {
  next: [0x00, ptrTo('list_head')],
  prev: [0x08, ptrTo('list_head')],
});
