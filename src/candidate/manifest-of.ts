// The manifest of a user-supplied function, as a person would have written it, from the linked object and its debug
// information.

import { hex } from '../base/address.js';
import { sha256 } from '../base/sha256.js';
import { ARGUMENT_REGISTERS } from '../x86/registers.js';
import { decode } from '../x86/disasm.js';
import type { ManifestText } from '../release/form.js';
import { type Manifest, checkManifest } from '../release/manifest.js';
import type { Release } from '../release/snippet.js';
import { debugInfoOf, shownPath } from './debug-info.js';
import type { Linked } from './link.js';

// Facts about a candidate besides its object.
interface Origin {
  readonly name: string; // the function
  readonly variant: string;
  readonly release: Release;
  readonly path: string; // the user's file
  readonly how: string; // it became an object, for the manifest
}

/** Bytes as the text of a `.hex` file: 16 to a line. */
export const hexText = (bytes: Uint8Array): string => {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16)
    lines.push(
      Buffer.from(bytes.subarray(at, at + 16))
        .toString('hex')
        .replaceAll(/..(?!$)/gu, '$& '),
    );
  return `${lines.join('\n')}\n`;
};

/** Direct calls, by a sweep of each function: of a symbol's start, or into one of the file's own functions. */
export const callsOf = ({ bytes, parts, placement }: Linked, release: Release) =>
  parts.flatMap(({ from, to }) =>
    decode(bytes.subarray(from, to), placement.start + BigInt(from)).flatMap(
      ({ address, flow, target, bytes: own }) => {
        if (flow !== 'call' || target === undefined || own[0] !== 0xe8) return [];
        const inside = parts.find((part) => placement.start + BigInt(part.from) === target)?.name;
        const symbol = inside ?? release.symbols.all().find((one) => one.address === target)?.name;
        if (symbol === undefined) return [];
        return [{ at: hex(address - placement.start), to: hex(target), symbol }];
      },
    ),
  );

/**
 * Describe a linked object as a manifest.
 *
 * @throws {InputError} when its debug information is damaged
 */
export const describeLinked = (
  linked: Linked,
  { name, variant, release, path, how }: Origin,
): { readonly manifest: Manifest; readonly text: string; readonly notes: readonly string[] } => {
  const { bytes, parts, placement } = linked;
  const shown = shownPath(path);
  const size = hex(bytes.length);
  const own = release.symbols.symbol(name);
  const prototype = own.prototype ?? { returns: 'long', arguments: [] };
  const { lines, frame, notes } = debugInfoOf(linked, path);
  const whole = parts.length === 1 && parts[0]!.to === bytes.length;
  const text: ManifestText = {
    function: name,
    variant,
    release: release.name,
    start: hex(placement.start),
    size,
    addressSource: own.source,
    ...(own.module === undefined ? {} : { module: own.module }),
    source: shown,
    bytes: `${name}.${variant}.hex`,
    sha256: sha256(bytes),
    prototype,
    ranges: [
      { from: '0x0', to: size, kind: 'reconstructed', source: shown, how: `supplied by the user, ${how}` },
    ],
    lines: lines.map((rule) => ({ ...rule, offset: hex(rule.offset) })),
    variables: prototype.arguments
      .slice(0, ARGUMENT_REGISTERS.length)
      .map(({ name: argument, type }, index) => ({
        name: argument,
        type,
        from: `${ARGUMENT_REGISTERS[index]!} at +0x0`,
      })),
    frame: frame.map(({ offset, cfa }) => ({ offset: hex(offset), cfa: hex(cfa) })),
    calls: callsOf(linked, release),
    ...(whole
      ? {}
      : { parts: parts.map(({ name: part, from, to }) => ({ name: part, from: hex(from), to: hex(to) })) }),
  };
  const manifest = checkManifest(text, bytes, path);
  return { manifest, text: `${JSON.stringify(text, undefined, 2)}\n`, notes };
};
