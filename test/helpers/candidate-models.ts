// What each shipped candidate does to memory, its flaw included: plain models, written from what the candidates say of
// themselves. No emulator and no addresses: memory is an array of bytes, and the path's slot lies somewhere in it.
import { BACKSLASH, type Mount, SLASH, dfsLength, kmallocSize, pathLength, pathOf } from './overrun-model.js';

/** The state after a candidate returned. */
export interface Built {
  readonly memory: Uint8Array;
  /** Whether a conversion came to the end of the array without a NUL; then nothing after it happened. */
  readonly ranOut: boolean;
}

/** Converts from an index to a NUL, or to a limit; gives whether it came to either. */
const convert = (memory: Uint8Array, { posixPaths }: Mount, from: number, limit = Infinity): boolean => {
  const [old, now] = posixPaths ? [BACKSLASH, SLASH] : [SLASH, BACKSLASH];
  let at = from;
  for (; at < limit && at < memory.length && memory[at] !== 0; at += 1)
    if (memory[at] === old) memory[at] = now;
  return at < memory.length;
};

const copy = (memory: Uint8Array, mount: Mount, slot: number): void => {
  memory.set(mount.treeName.subarray(0, dfsLength(mount)), slot);
  memory.set(mount.prepath, slot + dfsLength(mount));
};

type Model = (memory: Uint8Array, mount: Mount, slot: number, size: number) => boolean;

const bug: Model = (memory, mount, slot) => {
  copy(memory, mount, slot);
  if (!convert(memory, mount, slot)) return false;
  memory[slot + pathLength(mount)] = 0;
  return true;
};

const promised: Model = (memory, mount, slot) => {
  memory.set([...pathOf(mount), 0], slot);
  return true;
};

const MODELS: Readonly<Record<string, Model>> = {
  bug,
  'terminate-before-convert': promised,
  'zeroed-allocation': (memory, mount, slot, size) => {
    memory.fill(0, slot, slot + size);
    return promised(memory, mount, slot, size);
  },
  'copy-the-nul': promised,
  'bounded-conversion': promised,
  'larger-allocation': bug,
  'memset-misses-nul': bug,
  'nul-one-too-far': (memory, mount, slot) => {
    copy(memory, mount, slot);
    const end = slot + pathLength(mount);
    memory[end + 1] = 0;
    convert(memory, mount, slot);
    memory[end] = 0;
    return true;
  },
  'nul-one-too-early': (memory, mount, slot) => {
    memory.set([...pathOf(mount).subarray(0, -1), 0], slot);
    return true;
  },
  'bound-by-object-size': (memory, mount, slot, size) => {
    copy(memory, mount, slot);
    convert(memory, mount, slot, slot + size);
    memory[slot + pathLength(mount)] = 0;
    return true;
  },
  'convert-inputs-in-place': promised,
  'doubled-separator': (memory, mount, slot) => {
    const path = pathOf(mount);
    const separator = mount.posixPaths ? SLASH : BACKSLASH;
    const dfs = dfsLength(mount);
    memory.set([...path.subarray(0, dfs), separator, ...path.subarray(dfs), 0], slot);
    return true;
  },
};

/** Bytes that a candidate asks kmalloc() for. */
export const requestOf = (name: string, mount: Mount): number => {
  const length = pathLength(mount);
  const more = length > 0 && (name === 'larger-allocation' || name === 'doubled-separator');
  return length + (more ? 2 : 1);
};

/** What a candidate does to `before`, of which it gets the slot that starts at index `slot`. */
export const build = (name: string, mount: Mount, before: Uint8Array, slot: number): Built => {
  const memory = before.slice();
  if (pathLength(mount) === 0) {
    memory[slot] = 0;
    return { memory, ranOut: false };
  }
  const returned = MODELS[name]!(memory, mount, slot, kmallocSize(requestOf(name, mount)));
  return { memory, ranOut: !returned };
};

/** Some text as a mount's delimiter has it. */
export const converted = (text: Uint8Array, mount: Mount): Uint8Array => {
  const copied = text.slice();
  convert(copied, mount, 0);
  return copied;
};
