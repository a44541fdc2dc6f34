// The forms of what the commands about installed kernels print with --json.

import { count, flag, list, oneOf, orNull, record, says, text, titled } from '../base/form.js';

const memberForm = record({
  name: says('empty for a struct or union without a name, whose members follow', text()),
  declaration: says('in C', text()),
  type: text(),
  offset: says('bytes from the start of the struct', count),
  size: says('bytes; of a bit field those of its type', count),
  bits: says(
    'of a bit field: its first bit, counted from the offset, and how many',
    orNull(record({ from: count, count })),
  ),
  hole: says('bits before it that nothing has', count),
  depth: says('how many structs without a name it is inside of', count),
});

export const structForm = titled(
  'What oopslab struct --json prints',
  record({
    kernel: says('the file that it was read from', text()),
    release: orNull(text()),
    asked: text(),
    structs: says(
      'files of a kernel may have a struct of their own under one name',
      list(
        record({
          kind: oneOf(['struct', 'union']),
          name: text(),
          size: says('bytes', count),
          padding: says('bytes after the last member', count),
          member: says('the member that was asked for; null where the whole was', orNull(memberForm)),
          members: list(memberForm),
        }),
      ),
    ),
  }),
);

export const whatisForm = titled(
  'What oopslab whatis --json prints',
  record({
    kernel: says('the file that it was read from', text()),
    release: orNull(text()),
    module: orNull(text()),
    asked: text(),
    places: says(
      'static functions may share a name',
      list(
        record({
          place: says('an address as the kernel is linked; in a module .SECTION+OFFSET', text()),
          symbol: text(),
          offset: says('bytes from the symbol', count),
          size: says('bytes of the symbol; 0 where that is not known', count),
          also: says('other symbols at the same place', list(text())),
          section: orNull(text()),
          kind: oneOf(['function', 'data', 'per-CPU variable']),
          declaration: says('in C; null where BTF has no type of it', orNull(text())),
          bug: says(
            'the BUG() or WARN() whose trap it is',
            orNull(record({ file: orNull(text()), line: count, warning: flag })),
          ),
          handler: says('where a fault of that instruction goes on', orNull(text())),
          changed: says('why the bytes there may be others in a running kernel', orNull(text())),
        }),
      ),
    ),
  }),
);
