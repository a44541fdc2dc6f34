// `oopslab struct`: a struct of an installed kernel, or a member of it, from its BTF.

import { InputError } from '../base/errors.js';
import type { TypeOf } from '../base/form.js';
import type { Btf, TypeId } from '../image/btf.js';
import { declare } from '../image/declare.js';
import { type Layout, type Member, layoutOf, memberAt, memberNames } from '../image/layout.js';
import { layoutLines } from '../image/layout-text.js';
import type { structForm } from './kernel-forms.js';
import { type KernelOptions, askedKernel, didYouMean } from './kernel-options.js';
import type { Io } from './output.js';

type Document = TypeOf<typeof structForm>;

interface Found {
  readonly layout: Layout;
  readonly member: Member | undefined;
}

const memberJson = (btf: Btf, member: Member, depth: number): Document['structs'][number]['members'] => [
  {
    name: member.name,
    declaration: member.declaration,
    type: declare(btf, member.type),
    offset: member.offset,
    size: member.size,
    bits: member.bits === undefined ? null : { from: member.bits.from, count: member.bits.count },
    hole: member.hole,
    depth,
  },
  ...(member.inner?.members ?? []).flatMap((one) => memberJson(btf, one, depth + 1)),
];

const typesNamed = (btf: Btf, name: string): TypeId[] => {
  const structs = [...btf.all('struct', name), ...btf.all('union', name)];
  return structs.length > 0
    ? structs
    : btf.all('typedef', name).filter((id) => layoutOf(btf, id) !== undefined);
};

function* structNames(btf: Btf): Generator<string> {
  for (let of: Btf | undefined = btf; of !== undefined; of = of.base)
    for (const kind of ['struct', 'union', 'typedef'] as const)
      for (const [name] of of.names(kind)) yield name;
}

const memberOf = (btf: Btf, layout: Layout, name: string, path: readonly string[]): Found => {
  if (path.length === 0) return { layout, member: undefined };
  const found = memberAt(btf, layout, path);
  if ('member' in found) return { layout, member: found.member };
  const { missing, of, after } = found;
  const owner = [name, ...(after === '' ? [] : [after])].join('.');
  if (of === undefined)
    throw new InputError(`${owner} is no struct, and has no member "${missing}"`, { field: 'NAME' });
  throw new InputError(`${owner} has no member "${missing}"${didYouMean(missing, memberNames(of))}`, {
    field: 'NAME',
  });
};

const memberLine = (
  name: string,
  path: readonly string[],
  { declaration, offset, size, bits }: Member,
): string => {
  const at = bits === undefined ? `${offset}` : `${offset}, bit ${bits.from}`;
  return `${[name, ...path].join('.')}: offset ${at} (0x${offset.toString(16)}), size ${size}: ${declaration}`;
};

export const run = async (io: Io, asked: string, options: KernelOptions) => {
  const [name = '', ...path] = asked.replace(/^(?:struct|union) /u, '').split('.');
  const { image, types } = await askedKernel(io, options);
  const { file } = image.elf;
  if (types === undefined)
    throw new InputError('has no types: it was built without CONFIG_DEBUG_INFO_BTF', { file });
  const ids = typesNamed(types, name);
  if (ids.length === 0)
    throw new InputError(`has no struct "${name}"${didYouMean(name, structNames(types))}`, { file });
  const layouts = ids.flatMap((id) => layoutOf(types, id) ?? []);
  const tried = layouts.map((layout): Found | InputError => {
    try {
      return memberOf(types, layout, name, path);
    } catch (error) {
      if (error instanceof InputError) return error;
      throw error;
    }
  });
  const found = tried.filter((one) => !(one instanceof InputError)) as Found[];
  if (found.length === 0) throw tried[0]!;
  return {
    json: (): Document => ({
      kernel: file,
      release: image.release ?? null,
      asked,
      structs: found.map(({ layout, member }) => ({
        kind: layout.kind,
        name: layout.name,
        size: layout.size,
        padding: layout.padding,
        member: member === undefined ? null : memberJson(types, member, 0)[0]!,
        members: layout.members.flatMap((one) => memberJson(types, one, 0)),
      })),
    }),
    text: () =>
      [
        ...(found.length > 1
          ? [`${found.length} files of this kernel have a ${name} of their own:`, '']
          : []),
        ...found.flatMap(({ layout, member }, index) => [
          ...(index > 0 && member === undefined ? [''] : []),
          ...(member === undefined ? layoutLines(layout) : [memberLine(name, path, member)]),
        ]),
      ].join('\n'),
  };
};
