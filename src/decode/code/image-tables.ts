// The tables of an image that name places in code, for one function at a time, and whether they are of a layout that is
// known: those of old kernels have others, and then any of their words may name a place.

import type { KernelImage } from '../../image/kernel-image.js';
import type { Place } from '../../image/places.js';
import type { Site } from '../../image/tables.js';

const EXECUTABLE = 4; // SHF_EXECINSTR
const FIRST_KNOWN = 5; // major number of releases whose tables have these forms
const CHECKED = 4096; // entries
const LONGEST_SITE = 256; // bytes

/** The tables of an image. */
export class ImageTables {
  #known: boolean | undefined;
  #order: BigUint64Array | undefined;

  constructor(private readonly image: KernelImage) {}

  /** Whether each entry names code, as entries of these layouts do. */
  get areKnown(): boolean {
    return (this.#known ??= this.#areKnown());
  }

  #areKnown(): boolean {
    const { image } = this;
    // Entries of exception tables and jump labels had other forms before 4.6 and 4.19.
    const major = Number(/^\d+/u.exec(image.release ?? '')?.[0] ?? FIRST_KNOWN);
    if (major < FIRST_KNOWN) return false;
    const isCode = (place: Place): boolean => ((image.sectionOf(place)?.flags ?? 0) & EXECUTABLE) !== 0;
    const size = (name: string): number => image.section(name)?.size ?? 0;
    const some = <Kind>(all: Iterable<Kind>): Kind[] => {
      const list = [...all];
      const step = Math.max(1, Math.floor(list.length / CHECKED));
      return list.filter((_, index) => index % step === 0);
    };
    const sites = image.sites();
    if (size('.altinstructions') > 0 && !sites.some(({ kind }) => kind === 'alternative')) return false;
    return (
      some(sites.filter(({ kind }) => kind === 'alternative' || kind === 'jump label')).every(({ at }) =>
        isCode(at),
      ) &&
      some(image.handlers()).every(([at, handler]) => isCode(at) && isCode(handler.at)) &&
      some(image.jumpLabels()).every(([at, target]) => isCode(at) && isCode(target))
    );
  }

  /** Whether an image has tables at all that may name code. */
  get areThere(): boolean {
    return ['.altinstructions', '__ex_table', '__jump_table'].some(
      (name) => (this.image.section(name)?.size ?? 0) > 0,
    );
  }

  /** Sites that have a byte in a range. */
  sitesIn(at: Place, size: number): readonly Site[] {
    const sites = this.image.sites();
    const order = (this.#order ??= BigUint64Array.from(sites, (site) => site.at));
    const end = at + BigInt(size);
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order[middle]! + BigInt(LONGEST_SITE) < at) low = middle + 1;
      else high = middle;
    }
    const found: Site[] = [];
    for (let index = low; index < order.length && order[index]! < end; index += 1) {
      const site = sites[index]!;
      if (site.at + BigInt(site.size) > at) found.push(site);
    }
    return found;
  }
}
