// Versions of cifs_build_path_to_root() that are right by construction: the same work in other words. Each is made of
// parts that are chosen by a number: how a length is found, how memory is asked for, what is copied first and by which
// loop, where the NUL and the delimiters are written, temporary buffers, helper functions, types of locals, returns.

const FUNCTION =
  'char *cifs_build_path_to_root(struct smb_vol *vol, struct cifs_sb_info *cifs_sb, struct cifs_tcon *tcon)';

// A number from 0 to below a limit, in a row of its own for each seed.
const drawer = (seed) => {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(next() * limit);
  const pick = (...choices) => choices[below(choices.length)];
  const shuffle = (values) => {
    const rest = [...values];
    return values.map(() => rest.splice(below(rest.length), 1)[0]);
  };
  return { below, pick, shuffle, coin: () => below(2) === 0 };
};

// Types that a length of 1,123 bytes fits in.
const lengthType = ({ pick }) =>
  pick('size_t', 'size_t', 'int', 'unsigned int', 'long', 'unsigned long', 'u16', 'short', 'u32', 's64');

const attribute = ({ pick }) =>
  pick('static', 'static', 'static noinline', 'static inline', 'static __always_inline');

// A helper, asked for by its name; it is written once, before the function.
class Helpers {
  texts = new Map();

  constructor(draw) {
    this.draw = draw;
  }

  add(name, make) {
    if (!this.texts.has(name)) this.texts.set(name, make());
    return name;
  }

  // Those that the function calls: a part that was not chosen may have asked for another one.
  textFor(body) {
    const called = [...this.texts].filter(([name]) => new RegExp(`\\b${name}\\(`, 'u').test(body));
    return called.map(([, text]) => `${text}\n\n`).join('');
  }
}

const lengthHelper = (helpers, draw) =>
  helpers.add('length_of', () => {
    const body = draw.pick(
      'size_t n;\n\n\tfor (n = 0; n < most && text[n]; n++)\n\t\t;\n\treturn n;',
      'const char *end = text;\n\n\twhile (end < text + most && *end != 0)\n\t\tend++;\n\treturn (size_t)(end - text);',
      'size_t n = 0;\n\n\tif (most == 0 || !*text)\n\t\treturn 0;\n\tdo\n\t\tn++;\n\twhile (n < most && text[n] != 0);\n\treturn n;',
      'return strnlen(text, most);',
    );
    return `${attribute(draw)} size_t length_of(const char *text, size_t most)\n{\n\t${body}\n}`;
  });

// An expression for the length of a text that is not NULL.
const lengthOf = (helpers, draw, text, most) =>
  draw.pick(
    `strnlen(${text}, ${most})`,
    `strnlen(${text}, ${most})`,
    () => `${lengthHelper(helpers, draw)}(${text}, ${most})`,
  );

const resolve = (choice) => (typeof choice === 'function' ? choice() : choice);

// Copies of `count` bytes.
const copyHelper = (helpers, draw) =>
  helpers.add('copy_bytes', () => {
    const body = draw.pick(
      'size_t i;\n\n\tfor (i = 0; i < count; i++)\n\t\tto[i] = from[i];\n\treturn to + count;',
      'while (count--)\n\t\t*to++ = *from++;\n\treturn to;',
      'char *end = to + count;\n\n\tfor (; to != end; to++, from++)\n\t\t*to = *from;\n\treturn end;',
      'if (count)\n\t\tmemcpy(to, from, count);\n\treturn to + count;',
      'size_t i = count;\n\n\twhile (i > 0) {\n\t\ti--;\n\t\tto[i] = from[i];\n\t}\n\treturn &to[count];',
      'size_t i = 0;\n\n\tif (count) {\n\t\tdo {\n\t\t\tto[i] = from[i];\n\t\t} while (++i < count);\n\t}\n\treturn to + i;',
    );
    return `${attribute(draw)} char *copy_bytes(char *to, const char *from, size_t count)\n{\n\t${body}\n}`;
  });

const copy = (helpers, draw, to, from, count) =>
  resolve(
    draw.pick(
      `memcpy(${to}, ${from}, ${count});`,
      `memcpy(${to}, ${from}, ${count});`,
      `memmove(${to}, ${from}, ${count});`,
      () => `${copyHelper(helpers, draw)}(${to}, ${from}, ${count});`,
      `for (i = 0; i < (size_t)${count}; i++)\n\t\t(${to})[i] = (${from})[i];`,
      `for (i = (size_t)${count}; i-- > 0; )\n\t\t(${to})[i] = (${from})[i];`,
      `i = 0;\n\twhile (i != (size_t)${count}) {\n\t\t*(${to} + i) = *(${from} + i);\n\t\ti++;\n\t}`,
      `if (${count})\n\t\tmemcpy(${to}, ${from}, ${count});`,
    ),
  );

// Turns a byte that is the other delimiter.
const turnHelper = (helpers, draw) =>
  helpers.add('turn', () => {
    const body = draw.pick(
      "return c == (sep == '/' ? '\\\\' : '/') ? sep : c;",
      "return c == '/' || c == '\\\\' ? sep : c;",
      "if (c == '/' || c == '\\\\')\n\t\tc = sep;\n\treturn c;",
      "switch (c) {\n\tcase '/':\n\tcase '\\\\':\n\t\treturn sep;\n\tdefault:\n\t\treturn c;\n\t}",
      "const char other = (char)('/' + '\\\\' - sep);\n\n\treturn c != other ? c : sep;",
    );
    return `${attribute(draw)} char turn(char c, char sep)\n{\n\t${body}\n}`;
  });

// Converts `count` bytes, of a text that ends behind them when `ended`.
const convert = (helpers, draw, text, count, ended) => {
  const turned = (place) => `${place} = ${turnHelper(helpers, draw)}(${place}, sep);`;
  return resolve(
    draw.pick(
      ...(ended
        ? [
            `convert_delimiter(${text}, sep);`,
            `convert_delimiter(${text}, sep);`,
            () => `for (at = strchr(${text}, other); at; at = strchr(at + 1, other))\n\t\t*at = sep;`,
            () => `for (at = ${text}; *at; at++)\n\t\tif (*at == other)\n\t\t\t*at = sep;`,
            () => `at = ${text};\n\twhile (*at) {\n\t\t${turned('*at')}\n\t\tat++;\n\t}`,
          ]
        : []),
      () => `for (i = 0; i < (size_t)(${count}); i++)\n\t\t${turned(`(${text})[i]`)}`,
      () =>
        `for (i = (size_t)(${count}); i > 0; i--)\n\t\tif ((${text})[i - 1] == other)\n\t\t\t(${text})[i - 1] = sep;`,
      () => `for (at = ${text}; at < ${text} + (${count}); at++)\n\t\t*at = *at == other ? sep : *at;`,
    ),
  );
};

const flags = ({ pick }) =>
  pick('GFP_KERNEL', 'GFP_KERNEL', 'GFP_KERNEL', 'GFP_NOFS', 'GFP_ATOMIC', 'GFP_KERNEL | __GFP_NOWARN');

// Memory for `size` bytes; `cleared` when all of it is 0.
const allocation = (draw, size) => {
  const cleared = draw.below(3) === 0;
  const call = cleared
    ? draw.pick(`kzalloc(${size}, ${flags(draw)})`, `kcalloc(1, ${size}, ${flags(draw)})`)
    : `kmalloc(${size}, ${flags(draw)})`;
  return { call, cleared };
};

const isNull = ({ pick }, name) =>
  pick(`!${name}`, `${name} == NULL`, `NULL == ${name}`, `unlikely(!${name})`);

// What is known before anything is allocated, in any order: whether and how long both texts are, and the delimiter.
const facts = (helpers, draw) => {
  const most = draw.pick('MAX_TREE_SIZE + 1', 'sizeof(tcon->treeName)', 'ARRAY_SIZE(tcon->treeName)');
  const pre = draw.pick('pre != NULL', 'pre', '!!pre', 'likely(pre)');
  const dfs = draw.pick(
    'tcon->Flags & SMB_SHARE_IS_IN_DFS',
    '(tcon->Flags & SMB_SHARE_IS_IN_DFS) != 0',
    '((tcon->Flags >> 1) & 1) == 1',
    '(tcon->Flags | ~SMB_SHARE_IS_IN_DFS) == ~0',
  );
  const preLength = resolve(
    draw.pick('strlen(pre)', 'strlen(pre)', () => resolve(lengthOf(helpers, draw, 'pre', 'PATH_MAX'))),
  );
  const treeLength = resolve(lengthOf(helpers, draw, 'tcon->treeName', most));
  const posix = draw.pick(
    'CIFS_DIR_SEP(cifs_sb)',
    'CIFS_DIR_SEP(cifs_sb)',
    "(cifs_sb->mnt_cifs_flags & CIFS_MOUNT_POSIX_PATHS) ? '/' : '\\\\'",
    "!(cifs_sb->mnt_cifs_flags & CIFS_MOUNT_POSIX_PATHS) ? '\\\\' : '/'",
  );
  return draw.shuffle([
    draw.coin() ? `if (${pre})\n\t\tplen = ${preLength};` : `plen = ${pre} ? ${preLength} : 0;`,
    draw.coin()
      ? `if (${dfs})\n\t\ttlen = ${treeLength};`
      : `tlen = ${draw.coin() ? `!(${dfs}) ? 0 : ${treeLength}` : `(${dfs}) ? ${treeLength} : 0`};`,
    `sep = ${posix};\n\tother = ${draw.pick("sep == '/' ? '\\\\' : '/'", "(char)('/' + '\\\\' - sep)")};`,
  ]);
};

// Without a prefix the path is empty.
const emptyPath = (draw) =>
  draw.pick(
    `if (plen == 0) {\n\t\tp = kmalloc(1, ${flags(draw)});\n\t\tif (p)\n\t\t\t*p = '\\0';\n\t\treturn p;\n\t}`,
    `if (!plen)\n\t\treturn kzalloc(1, ${flags(draw)});`,
    'if (plen < 1)\n\t\ttlen = 0;',
    `if (!plen) {\n\t\tp = kzalloc(sizeof(*p), ${flags(draw)});\n\t\treturn p ? p : NULL;\n\t}`,
    `if (!plen)\n\t\treturn kstrdup("", ${flags(draw)});`,
    'tlen = plen ? tlen : 0;',
  );

// The path in an allocation of its own, built where it lies.
const direct = (helpers, draw) => {
  const size = draw.pick('n + 1', '(size_t)n + 1', 'n + sizeof(char)', '1 + n');
  const { call, cleared } = allocation(draw, size);
  const end = draw.pick('p[n] = 0;', "p[n] = '\\0';", '*(p + n) = 0;', 'n[p] = 0;');
  const early = draw.coin();
  const fill = resolve(
    draw.pick(
      () => {
        const parts = draw.shuffle([
          copy(helpers, draw, 'p', 'tcon->treeName', 'tlen'),
          copy(helpers, draw, 'p + tlen', 'pre', 'plen'),
        ]);
        return draw.coin() && cleared ? parts : early ? [end, ...parts] : [...parts, end];
      },
      // strcpy() ends the text itself.
      () => [
        copy(helpers, draw, 'p', 'tcon->treeName', 'tlen'),
        draw.pick(
          'if (plen)\n\t\tstrcpy(p + tlen, pre);\n\telse\n\t\tp[tlen] = 0;',
          `p[tlen] = 0;\n\tif (plen)\n\t\tstrcat(p, pre);`,
        ),
      ],
      () => [
        `for (i = 0; i < (size_t)n; i++)\n\t\tp[i] = i < (size_t)tlen ? tcon->treeName[i] : pre[i - tlen];`,
        end,
      ],
      () => [
        `p[0] = 0;\n\tif (tlen)\n\t\tstrncat(p, tcon->treeName, tlen);\n\tif (plen)\n\t\tstrlcat(p, pre, n + 1);`,
      ],
      () => [
        `at = p;\n\tfor (i = 0; i < (size_t)tlen; i++)\n\t\t*at++ = tcon->treeName[i];\n\tfor (i = 0; i < (size_t)plen; i++)\n\t\t*at++ = pre[i];\n\t*at = 0;`,
      ],
    ),
  );
  const steps = [...fill, convert(helpers, draw, 'p', 'n', true)];
  const sum = draw.pick('n = tlen + plen;', 'n = plen;\n\tn += tlen;', 'n = (size_t)tlen + (size_t)plen;');
  const checked = draw.pick(
    [`p = ${call};\n\tif (${isNull(draw, 'p')})\n\t\treturn NULL;`, ...steps, 'return p;'],
    [`if (${isNull(draw, `(p = ${call})`)})\n\t\treturn p;`, ...steps, 'return p;'],
    [`p = ${call};\n\tif (${isNull(draw, 'p')})\n\t\tgoto out;`, ...steps, 'goto out;\nout:\n\treturn p;'],
    [
      `p = ${call};\n\tif (p != NULL) {`,
      ...steps.map((step) => step.replaceAll('\n', '\n\t').replace(/^/u, '\t')),
      '}\n\treturn p;',
    ],
    [
      'do {',
      `\tp = ${call};\n\t\tif (!p)\n\t\t\tbreak;`,
      ...steps.map((step) => step.replaceAll('\n', '\n\t').replace(/^/u, '\t')),
      '} while (0);\n\treturn p;',
    ],
  );
  return [sum, ...checked];
};

// The prefix, or the tree name, in a temporary buffer first.
const temporary = (helpers, draw) => {
  const tree = draw.coin();
  const [from, length] = tree ? ['tcon->treeName', 'tlen'] : ['pre', 'plen'];
  const made = draw.pick(
    `tmp = kmalloc(${length} + 1, ${flags(draw)});\n\tif (${isNull(draw, 'tmp')})\n\t\treturn NULL;\n\t${copy(helpers, draw, 'tmp', from, length)}\n\ttmp[${length}] = 0;`,
    `tmp = kzalloc(${length} + 1, ${flags(draw)});\n\tif (${isNull(draw, 'tmp')})\n\t\treturn NULL;\n\t${copy(helpers, draw, 'tmp', from, length)}`,
    `tmp = kstrndup(${length} ? ${from} : "", ${length}, ${flags(draw)});\n\tif (${isNull(draw, 'tmp')})\n\t\treturn NULL;`,
  );
  const early = draw.coin() ? [convert(helpers, draw, 'tmp', length, true)] : [];
  const source = (name, own) => (own ? 'tmp' : name);
  const fill = draw.shuffle([
    copy(helpers, draw, 'p', source('tcon->treeName', tree), 'tlen'),
    copy(helpers, draw, 'p + tlen', source('pre', !tree), 'plen'),
  ]);
  const steps = [...fill, 'p[tlen + plen] = 0;', convert(helpers, draw, 'p', 'tlen + plen', true)];
  const size = draw.pick('tlen + plen + 1', '(size_t)tlen + plen + 1');
  const ends = draw.pick(
    [
      `p = kmalloc(${size}, ${flags(draw)});\n\tif (${isNull(draw, 'p')}) {\n\t\tkfree(tmp);\n\t\treturn NULL;\n\t}`,
      ...steps,
      'kfree(tmp);\n\treturn p;',
    ],
    [
      `p = kmalloc(${size}, ${flags(draw)});\n\tif (${isNull(draw, 'p')})\n\t\tgoto out;`,
      ...steps,
      'goto out;\nout:\n\tkfree(tmp);\n\treturn p;',
    ],
    [
      `p = kmalloc(${size}, ${flags(draw)});\n\tif (p) {`,
      ...steps.map((step) => step.replaceAll('\n', '\n\t').replace(/^/u, '\t')),
      '}\n\tkfree(tmp);\n\treturn p;',
    ],
  );
  return [made, ...early, ...ends];
};

// The path in a local array first.
const local = (helpers, draw) => {
  const steps = [
    ...draw.shuffle([
      copy(helpers, draw, 'buffer', 'tcon->treeName', 'tlen'),
      copy(helpers, draw, 'buffer + tlen', 'pre', 'plen'),
    ]),
    'buffer[tlen + plen] = 0;',
  ];
  const before = draw.coin();
  const converted = before ? [convert(helpers, draw, 'buffer', 'tlen + plen', true)] : [];
  const after = before
    ? ''
    : `\n\tif (p) {\n\t\t${convert(helpers, draw, 'p', 'tlen + plen', true).replaceAll('\n', '\n\t')}\n\t}`;
  const out = draw.pick(
    `p = kstrdup(buffer, ${flags(draw)});${after}\n\treturn p;`,
    `p = kmemdup(buffer, tlen + plen + 1, ${flags(draw)});${after}\n\treturn p;`,
    `p = kmalloc(strlen(buffer) + 1, ${flags(draw)});\n\tif (p)\n\t\tstrcpy(p, buffer);${after}\n\treturn p;`,
    `p = kmalloc(tlen + plen + 1, ${flags(draw)});\n\tif (p)\n\t\tmemcpy(p, buffer, tlen + plen + 1);${after}\n\treturn p;`,
  );
  return [...steps, ...converted, out];
};

// Byte by byte through a helper that says which byte comes where.
const byBytes = (helpers, draw) => {
  helpers.add('byte_at', () => {
    const body = draw.pick(
      'return i < tlen ? tree[i] : pre[i - tlen];',
      'if (i >= tlen)\n\t\treturn pre[i - tlen];\n\treturn *(tree + i);',
    );
    return `${attribute(draw)} char byte_at(const char *tree, size_t tlen, const char *pre, size_t i)\n{\n\t${body}\n}`;
  });
  const turn = turnHelper(helpers, draw);
  const { call } = allocation(draw, 'n + 1');
  const byte = (index) => `${turn}(byte_at(tcon->treeName, tlen, pre, ${index}), sep)`;
  const loop = draw.pick(
    `for (i = 0; i < (size_t)n; i++)\n\t\tp[i] = ${byte('i')};\n\tp[i] = 0;`,
    `p[n] = 0;\n\tfor (i = (size_t)n; i > 0; i--)\n\t\tp[i - 1] = ${byte('i - 1')};`,
    `for (at = p, i = 0; i < (size_t)n; i++)\n\t\t*at++ = ${byte('i')};\n\t*at = 0;`,
    `i = 0;\n\tfor (;;) {\n\t\tif (i == (size_t)n)\n\t\t\tbreak;\n\t\tp[i] = ${byte('i')};\n\t\ti++;\n\t}\n\tp[n] = 0;`,
  );
  return [
    'n = tlen + plen;',
    `p = ${call};\n\tif (${isNull(draw, 'p')})\n\t\treturn NULL;`,
    loop,
    'return p;',
  ];
};

/**
 * One version.
 *
 * @param index from 0
 * @param seed the same index and seed give the same text
 * @returns the text of a file of C
 */
export const rewrite = (index, seed = 1) => {
  const draw = drawer(Math.imul(seed, 0x85ebca6b) + index);
  const helpers = new Helpers(draw);
  const type = lengthType(draw);
  const body = [
    ...facts(helpers, draw),
    emptyPath(draw),
    ...draw.pick(direct, direct, direct, temporary, temporary, local, byBytes)(helpers, draw),
  ].join('\n\t');
  const uses = (name) => new RegExp(`\\b${name}\\b`, 'u').test(body);
  const unused = uses('other') && !/\bother\b(?! = )/u.test(body.replace(/other = [^;]*;/u, ''));
  const whole = unused ? body.replace(/\n\tother = [^;]*;/u, '') : body;
  const locals = draw.shuffle([
    'const char *pre = vol->prepath;',
    `${type} plen = 0;`,
    `${draw.coin() ? type : lengthType(draw)} tlen = 0;`,
    `char *p${draw.coin() ? ' = NULL' : ''};`,
    'char sep;',
    ...(unused ? [] : ['char other;']),
    ...(/\bn\b/u.test(whole) ? [`${lengthType(draw)} n;`] : []),
    ...(/\bi\b/u.test(whole) ? ['size_t i;'] : []),
    ...(/\bat\b/u.test(whole) ? ['char *at;'] : []),
    ...(/\btmp\b/u.test(whole) ? ['char *tmp;'] : []),
    ...(/\bbuffer\b/u.test(whole)
      ? [`char buffer[MAX_TREE_SIZE + ${draw.pick('1025', '1100', '2000')}];`]
      : []),
  ]);
  return `/* right: version ${index} of the same work in other words */\n#include "oopslab.h"\n\n${helpers.textFor(whole)}${FUNCTION}\n{\n\t${locals.join('\n\t')}\n\n\t${whole}\n}\n`;
};
