// The laboratory as a page's worker: unpacks the files that the page gives it, then answers its questions in turn.

import { decodeRecording } from '../../src/recording/file.js';
import { Bench } from '../../src/laboratory/bench.js';
import { answer } from '../../src/laboratory/laboratory.js';
import { GIVEN_FILE, type Given } from '../../src/report/scenario-files.js';
import type { Order } from './order.js';
import { port, takeFiles, unpack } from './port.js';

// A task of its own, so that what the page has sent meanwhile is heard. Without the delay that timers get.
const channel = new MessageChannel();
const paused: (() => void)[] = [];
channel.port1.addEventListener('message', () => paused.shift()?.());
channel.port1.start();
const pause = (): Promise<void> =>
  new Promise((done) => {
    paused.push(done);
    channel.port2.postMessage(null);
  });

const openBench = (order: Order): Bench => {
  const files = unpack(order);
  const recordings = files.filter(([path]) => path.startsWith('/recordings/'));
  const libraries = files.flatMap(([path]) => /^\/libraries\/\d+/u.exec(path) ?? []);
  const given = files.find(([path]) => path === GIVEN_FILE)?.[1];
  return new Bench(
    recordings.map(([path, bytes]) => decodeRecording(bytes, path)),
    {
      libraries: [...new Set(libraries)],
      pause,
      ...(given === undefined ? {} : (JSON.parse(new TextDecoder().decode(given)) as Given)),
    },
  );
};

// What is no refusal is a defect: the page hears of it as of any error in a worker.
const fail = (error: unknown): void => {
  setTimeout(() => {
    throw error;
  });
};

const interrupted = new Set<number>();
// Files that were changed by hand may hold anything: each question hears of it.
const DAMAGED = { code: 'ERR_LABORATORY', message: 'the laboratory in this file is damaged' };

let bench: Bench | undefined;
port.addEventListener('message', ({ data }) => {
  if ('packs' in data) {
    try {
      bench = openBench(data);
    } catch {
      bench = undefined;
    }
  } else if ('interrupt' in data) interrupted.add(data.interrupt);
  else if (bench !== undefined) {
    takeFiles(data);
    void answer(
      bench,
      data,
      (told) => port.postMessage(told, []),
      () => interrupted.has(data.id),
    ).catch(fail);
  } else port.postMessage({ id: data.id, refusal: DAMAGED }, []);
});
