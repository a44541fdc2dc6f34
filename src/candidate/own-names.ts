// A candidate may define what oopslab.h has: then its own is meant. What it defines is looked for in its text, as the
// compiler would meet it.

// Comments, strings and characters, blanked.
const withoutText = (source: string): string =>
  source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/gu, (part) =>
    part.replaceAll(/[^\n]/gu, ' '),
  );

const MOST = 1 << 16; // characters between the parentheses of a definition

// The place after the parenthesis that closes the one at `open`; -1 where there is none.
const closing = (text: string, open: number): number => {
  let depth = 0;
  for (let at = open; at < text.length && at - open < MOST; at += 1) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
};

const BEFORE_A_CALL = new Set(['return', 'else', 'do', 'case', 'goto', 'sizeof', 'typeof', '__typeof__']);

// `int NAME(int a) {`, with a type before the name and a body after the parentheses.
const definesFunction = (text: string, name: string): boolean => {
  for (const { index, 0: found } of text.matchAll(new RegExp(`(?<=[\\w*]\\s*)\\b${name}\\s*\\(`, 'gu'))) {
    const before = /(\w+)\s*$/u.exec(text.slice(Math.max(0, index - 40), index))?.[1] ?? '';
    if (BEFORE_A_CALL.has(before)) continue;
    const end = closing(text, index + found.length - 1);
    if (end >= 0 && /^\s*(?:__attribute__\s*\(\([^{};]*\)\)\s*)?\{/u.test(text.slice(end, end + 200)))
      return true;
  }
  return false;
};

// `enum { NAME = 1 }`, `const int NAME = 1`: nothing is assigned to a constant of the header.
const definesConstant = (text: string, name: string): boolean =>
  new RegExp(`(?:[{,]|\\w)\\s*\\b${name}\\s*=(?!=)`, 'u').test(text);

// `struct path *current`, `int current = 0`
const declaresVariable = (text: string, name: string): boolean =>
  new RegExp(
    `(?:\\w\\s*\\*+\\s*|\\b(?!return\\b|else\\b|case\\b|goto\\b)[a-z_]\\w*\\s+)${name}\\s*[=;,)[]`,
    'u',
  ).test(text);

// `__attribute__((used, noinline))`, where a macro that makes an attribute of it does not belong.
const isAttribute = (text: string, name: string): boolean =>
  new RegExp(`__attribute__\\s*\\(\\((?:[^()]|\\([^()]*\\))*\\b${name}\\b`, 'u').test(text);

const definesTag = (text: string, name: string): boolean =>
  new RegExp(`\\bstruct\\s+${name}\\s*\\{`, 'u').test(text);

const definesType = (text: string, name: string): boolean =>
  new RegExp(`\\btypedef\\b[^;{}]*(?:\\{[^{}]*\\}[^;{}]*)?\\b${name}\\s*;`, 'u').test(text);

const named = (header: string, pattern: RegExp): string[] => [
  ...new Set([...header.matchAll(pattern)].map(([, name]) => name!)),
];

/**
 * The header as a source needs it that defines some of its names itself: functions, structs and types of the header get
 * other names, macros end with the header.
 *
 * @param header the text of `oopslab.h`
 * @param source the text of a candidate in C
 */
export const headerFor = (header: string, source: string): string => {
  const text = withoutText(source);
  const functions = named(header, /^(?:static inline|OOPSLAB_(?:INLINE|LIBRARY)) [^(]*?(\w+)\(/gmu);
  const tags = named(header, /^struct (\w+) \{/gmu);
  const types = named(header, /^(?:typedef .*?|\} )(\w+);/gmu);
  const withArguments = named(header, /^#define (\w+)\(/gmu);
  const without = named(header, /^#define (\w+)(?: |$)/gmu);
  const renamed = [
    ...functions.filter((name) => definesFunction(text, name)),
    ...tags.filter((name) => definesTag(text, name)),
    ...types.filter((name) => definesType(text, name)),
  ];
  const ended = [
    ...withArguments.filter((name) => definesFunction(text, name)),
    ...without.filter(
      (name) =>
        definesConstant(text, name) ||
        (/^[a-z]+$/u.test(name) && (declaresVariable(text, name) || isAttribute(text, name))),
    ),
  ];
  if (renamed.length + ended.length === 0) return header;
  return [
    ...renamed.map((name) => `#define ${name} oopslab_${name}`),
    header,
    ...[...renamed, ...ended].map((name) => `#undef ${name}`),
    '',
  ].join('\n');
};
