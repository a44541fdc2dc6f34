// Where in a recording something is: a symbol, an instruction's text, a value. Gives states, in order.

import { parseUnsigned } from '../base/address.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../x86/registers.js';
import type { Navigator } from './cursor.js';

const statesAtSites = ({ siteAt }: Navigator, matches: Uint8Array): number[] => {
  const found: number[] = [];
  for (let state = 0; state < siteAt.length; state += 1) if (matches[siteAt[state]!] === 1) found.push(state);
  return found;
};

// Before the instruction that puts a value somewhere; for what the sandbox put there, the first state that has it.
const statesOfValue = (navigator: Navigator, value: bigint): number[] => {
  const { recording } = navigator;
  const found = new Set<number>();
  const last = new BigUint64Array(REGISTER_COUNT);
  let row = 0;
  for (const registers of recording.registerRows()) {
    for (let index = 0; index < REGISTER_COUNT; index += 1) {
      const now = registers[index]!;
      if (now === value && (row === 0 || last[index] !== now) && index !== REGISTER_INDEX.rip)
        found.add(row === navigator.segmentAt(row).from || row === 0 ? row : row - 1);
      last[index] = now;
    }
    row += 1;
  }
  for (let index = 0; index < recording.accessCount; index += 1) {
    const access = recording.access(index);
    if (access.kind === 'write' && !access.faulted && access.new === value) found.add(access.instruction);
  }
  return [...found].filter((state) => state <= navigator.end).sort((a, b) => a - b);
};

/**
 * The states that a search finds: where `shm_close+0x25` runs, where `shm_close` is entered, where `0xc6805c` is put
 * into a register or into memory, and otherwise where an instruction has the text in it.
 */
export const findStates = (navigator: Navigator, query: string): number[] => {
  const { sites, symbols } = navigator;
  const text = query.trim().replaceAll(/ +/gu, ' ').toLowerCase();
  if (text === '') return [];
  const value = parseUnsigned(text);
  if (value !== undefined) return statesOfValue(navigator, value);
  const address = symbols.parseLocation(query.trim());
  const matches = new Uint8Array(sites.length);
  sites.forEach((site, number) => {
    if (site.address === address) matches[number] = 1;
  });
  const located = statesAtSites(navigator, matches);
  if (located.length > 0) return located;
  sites.forEach((site, number) => {
    if (site.text.toLowerCase().includes(text)) matches[number] = 1;
  });
  return statesAtSites(navigator, matches);
};
