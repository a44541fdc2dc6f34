// The story of a run of a million instructions.
import { describe, expect, it } from 'vitest';
import { locateOutOfBounds } from '../../src/reading/out-of-bounds.js';
import { tellStory } from '../../src/reading/story.js';
import { runGuest } from '../helpers/guest-library.js';

const RET = 0xc3;

describe('a run of a million instructions', () => {
  // 1000000 instructions, 199999 of them write past the end of their object, at another place each time: not one paragraph.
  const code = [
    0xb9, 0x3f, 0x0d, 0x03, 0x00, //       mov    $199999,%ecx
    0x89, 0xc8, //                   loop: mov    %ecx,%eax
    0x25, 0xfc, 0x07, 0x00, 0x00, //       and    $0x7fc,%eax
    0xc6, 0x44, 0x07, 0x20, 0x01, //       movb   $1,32(%rdi,%rax)
    0xff, 0xc9, //                         dec    %ecx
    0x75, 0xf0, //                         jne    loop
    0x8b, 0x06, //                         mov    (%rsi),%eax
    RET,
  ]; // prettier-ignore

  it('is told in seconds, by a story that stays short', () => {
    const recording = runGuest(code, 'set: { high.id: 7 }', 'budget: 2000000\n');
    expect(recording.instructions).toBeGreaterThan(999_990);
    const start = process.cpuUsage();
    const lines = tellStory(recording, 'sha256:0');
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(60); // seconds of CPU, so that no other load counts; quiet: 9
    expect(lines.length).toBeLessThan(120);
    expect(lines.join('\n')).toMatch(
      /^ {3}! … and 199\d{3} more accesses out of bounds; replay --json lists each\.$/mu,
    );
    expect(locateOutOfBounds(recording)).toHaveLength(199_999);
    expect(lines.join(' ')).toContain('reads high: shm_file_data.id');
  });
});
