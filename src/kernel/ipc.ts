// System V shared memory segments, from the idr of a namespace in guest memory.

import { type Addr, hex } from '../base/address.js';
import { findField } from './layout.js';
import type { Memory } from './memory.js';
import { identifySlabAddress, slabPageOf } from './slab-identify.js';
import { idr_layer, ipcIdToSlot, ipc_namespace, ipc_rcu_hdr, shmid_kernel } from './structs/ipc.js';

const SLOTS = 64;
const MAX_LAYERS = 6; // 31 bits of id, six to a layer
export const MAX_NODES = 4096;
const SHM_IDS = 2;

/** A segment of the registry. */
export interface Segment {
  readonly address: Addr; // struct shmid_kernel
  readonly slot: number; //  in the idr
}

/** What an idr holds, and what in it does not fit. */
interface SegmentsInMemory {
  readonly segments: readonly Segment[];
  /** A sentence each: address, expected, found. */
  readonly findings: readonly string[];
}

const place = (path: string): bigint => BigInt(findField(ipc_namespace, path)!.offset);
const IDR = place(`ids[${SHM_IDS}].ipcs_idr`);
const IN_USE = place(`ids[${SHM_IDS}].in_use`);
const LAYERS = place(`ids[${SHM_IDS}].ipcs_idr.layers`);
const ARY = BigInt(idr_layer.fields.ary[0]);
const COUNT = BigInt(idr_layer.fields.count[0]);
const LAYER = BigInt(idr_layer.fields.layer[0]);
const ID = BigInt(findField(shmid_kernel, 'shm_perm.id')!.offset);

// A segment in the slab heap lies after the header that ipc_rcu_alloc() puts into its object of a general cache.
const problemOf = (memory: Memory, segment: Addr): string | undefined => {
  if (segment % 8n !== 0n) return 'misaligned';
  if (!memory.isMapped(segment, shmid_kernel.size)) return 'not mapped';
  if (slabPageOf(memory, segment) === undefined) return undefined;
  const place = identifySlabAddress(memory, segment);
  const fits =
    place?.kind === 'object' && place.offset === ipc_rcu_hdr.size && place.cacheName.startsWith('size-');
  return fits ? undefined : 'not where a slab object can hold one';
};

/**
 * Walk the idr of shared memory segments. Bounded; a node that does not fit is a finding, and its neighbours are walked.
 *
 * Source: idr_find(), lib/idr.c, v3.0.101
 */
export const walkSegments = (memory: Memory, namespace: Addr): SegmentsInMemory => {
  const segments: Segment[] = [];
  const findings: string[] = [];
  const found = (address: Addr, expected: string, what: string): void =>
    void findings.push(`idr: at ${hex(address)} expected ${expected}, found ${what}`);
  if (!memory.isMapped(namespace, ipc_namespace.size)) {
    found(namespace, 'struct ipc_namespace', 'unmapped memory');
    return { segments, findings };
  }
  const seen = new Set<Addr>();
  const visit = (node: Addr, from: Addr, layer: number, base: number): void => {
    if (node % 8n !== 0n || !memory.isMapped(node, idr_layer.size)) {
      return found(
        from,
        'a struct idr_layer',
        `${hex(node)}, ${node % 8n === 0n ? 'not mapped' : 'misaligned'}`,
      );
    }
    if (seen.has(node)) return found(from, 'a layer that was not met before', `${hex(node)} again`);
    if (seen.size >= MAX_NODES) return found(from, `at most ${MAX_NODES} layers`, 'more');
    seen.add(node);
    // With the pointer that led here: perhaps that one is wrong.
    const inside = (address: Addr, expected: string, what: string): void =>
      found(address, expected, `${what}; ${hex(from)} led here`);
    const own = memory.readU32(node + LAYER) | 0;
    if (own !== layer) inside(node + LAYER, `layer ${layer}`, String(own));
    let used = 0;
    for (let slot = 0; slot < SLOTS; slot += 1) {
      const at = node + ARY + BigInt(slot * 8);
      const child = memory.readU64(at);
      if (child === 0n) continue;
      used += 1;
      const id = base + slot * 64 ** layer;
      if (layer > 0) visit(child, at, layer - 1, id);
      else if (problemOf(memory, child) !== undefined) {
        inside(at, 'a struct shmid_kernel', `${hex(child)}, ${problemOf(memory, child)}`);
      } else {
        segments.push({ address: child, slot: id });
        const says = memory.readU32(child + ID) | 0;
        if (ipcIdToSlot(says) !== id)
          inside(child + ID, `an id of slot ${id}, where ${hex(at)} points here`, String(says));
      }
    }
    const count = memory.readU32(node + COUNT) | 0;
    if (count !== used) inside(node + COUNT, `count ${used}`, String(count));
  };
  const top = memory.readU64(namespace + IDR);
  const layers = memory.readU32(namespace + LAYERS) | 0;
  if (top === 0n) {
    if (layers !== 0) found(namespace + LAYERS, 'layers 0 of an empty idr', String(layers));
  } else {
    const isMapped = top % 8n === 0n && memory.isMapped(top, idr_layer.size);
    // idr_find() believes the top layer, not the root's count.
    const layer = isMapped ? memory.readU32(top + LAYER) | 0 : 0;
    if (layer < 0 || layer >= MAX_LAYERS)
      found(top + LAYER, `a layer from 0 to ${MAX_LAYERS - 1}`, String(layer));
    else {
      if (layers !== layer + 1)
        found(namespace + LAYERS, `layers ${layer + 1}, as its top layer says`, String(layers));
      visit(top, namespace + IDR, layer, 0);
    }
  }
  const inUse = memory.readU32(namespace + IN_USE) | 0;
  if (inUse !== segments.length) found(namespace + IN_USE, `in_use ${segments.length}`, String(inUse));
  return { segments, findings };
};
