// What a reader gives besides typing: files that are dropped or picked. Some are code, the others are texts.

/** A file that was given. */
export interface GivenFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Code as the question `decode` takes it. */
export interface GivenCode {
  /** What the reader sees of it. */
  readonly label: string;
  readonly code: string;
  readonly libraries: readonly string[];
  readonly files: readonly (readonly [path: string, bytes: Uint8Array])[];
}

/** Largest file with code that is taken, bytes. */
export const MAX_CODE = 1 << 29;

/** Where the worker puts the files of a question. */
const LIBRARY = '/given';

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const LARGEST_MANIFEST = 1 << 20; // bytes

const isElf = ({ bytes }: GivenFile): boolean => MAGIC.every((byte, index) => bytes[index] === byte);

// A path of one part.
const plainName = (name: string): string => name.replaceAll(/[/\\\0]/gu, '_').replace(/^\.+/u, '_') || 'file';

interface Manifest {
  readonly function: string;
  readonly release: string;
  readonly variant?: unknown;
}

// The manifest of a snippet: other JSON may be a log.
const manifestOf = ({ name, bytes }: GivenFile): Manifest | undefined => {
  if (!name.endsWith('.json') || bytes.length > LARGEST_MANIFEST) return undefined;
  try {
    const found = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Record<string, unknown>> | null;
    const { function: symbol, release, ranges } = found ?? {};
    const isOne = typeof symbol === 'string' && typeof release === 'string' && Array.isArray(ranges);
    return isOne ? (found as unknown as Manifest) : undefined;
  } catch {
    return undefined;
  }
};

/** Files as code, and those that are texts. */
export const sortGiven = (
  files: readonly GivenFile[],
): { code: GivenCode | undefined; texts: readonly GivenFile[] } => {
  const elf = files.find(isElf);
  const manifests = files.flatMap((file) => manifestOf(file) ?? []);
  const [first] = manifests;
  const isCode = (file: GivenFile): boolean =>
    isElf(file) || manifestOf(file) !== undefined || file.name.endsWith('.hex');
  const texts = files.filter((file) => !isCode(file));
  if (elf !== undefined) {
    const name = plainName(elf.name);
    return { code: { label: elf.name, code: name, libraries: [], files: [[name, elf.bytes]] }, texts };
  }
  if (first === undefined) return { code: undefined, texts };
  const folder = `snippets/${plainName(first.release)}`;
  const parts = files.filter(isCode);
  return {
    code: {
      label: parts.map(({ name }) => name).join(', '),
      code: typeof first.variant === 'string' ? `${first.function}.${first.variant}` : first.function,
      libraries: [LIBRARY],
      files: parts.map(({ name, bytes }) => [`${folder}/${plainName(name)}`, bytes] as const),
    },
    texts,
  };
};

/** The code of a shipped snippet. */
export const snippetCode = (name: string): GivenCode => ({
  label: name,
  code: name,
  libraries: [],
  files: [],
});
