import { describe, expect, it } from 'vitest';
import { CURRENT_TASK_OFFSET, task_struct } from '../../src/kernel/structs/task.js';
import { taskAt, taskFindings } from '../../src/kernel/task.js';
import { memoryAtEnd } from '../helpers/damaged-machine.js';
import { recordingOf } from '../helpers/step-recordings.js';

const recording = recordingOf('shm-close-bug');

describe('a task', () => {
  const currentOf = (memory: ReturnType<typeof memoryAtEnd>) =>
    memory.readU64(BigInt(recording.header.gsBase) + CURRENT_TASK_OFFSET);

  it('is read with its stack, which leads back to it', () => {
    const memory = memoryAtEnd(recording);
    const task = taskAt(memory, currentOf(memory))!;
    expect(task.pid).toBe(recording.header.given['pid']);
    expect(taskFindings(memory, task)).toEqual([]);
  });

  it('whose stack pointer is damaged is a finding; where nothing is mapped there is no task', () => {
    const memory = memoryAtEnd(recording);
    const address = currentOf(memory);
    memory.write(address + BigInt(task_struct.fields.stack[0]), Uint8Array.of(0x08));
    expect(taskFindings(memory, taskAt(memory, address)!)).toEqual([
      expect.stringMatching(/expected a kernel stack, found 0x[0-9a-f]+08, misaligned$/u),
    ]);
    expect(taskAt(memory, 0x1000n)).toBeUndefined();
  });
});
