// The laboratory as the page has it: questions go to a worker that is made of what lies in the file, and come back as
// promises. Without a worker (a browser that makes none, a page that has no program) every question is refused.

import { inflateText } from './packed.js';
import type { Asked, Interruption, Kind, Questions, Refusal, Told } from '../../src/laboratory/questions.js';

/** A question that was refused, with the reason for the reader. */
export class RefusedError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

/** How a question is asked. */
export interface AskOptions<K extends Kind> {
  /** Called with what is told on the way. */
  readonly onTold?: (tells: Questions[K]['tells']) => void;
  /** Ends the question: the worker is ended and made anew, with all that it was asked. */
  readonly signal?: AbortSignal;
  /** Asks for the answer soon, with what is known by then: a check says how far it came. */
  readonly interrupt?: AbortSignal;
  /** Files that the reader gave for it. */
  readonly files?: NonNullable<Asked['files']>;
}

interface Waiting {
  readonly told: (told: Told) => void;
  readonly failed: (error: Error) => void;
}

const textOf = (id: string): string => document.querySelector(`#${id}`)?.textContent?.trim() ?? '';

const refused = (message: string): RefusedError => new RefusedError({ code: 'ERR_LABORATORY', message });

/** The page's laboratory. */
export class Laboratory {
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #worker: Promise<Worker> | undefined;

  /** Whether the page has one. */
  get isThere(): boolean {
    return textOf('laboratory-program') !== '';
  }

  /** Begin to make it ready, so that the first question need not wait. */
  start(): Promise<Worker> {
    return (this.#worker ??= this.#make());
  }

  /**
   * Ask.
   *
   * @throws {RefusedError} when the question is refused, ended, or there is no laboratory
   */
  async ask<K extends Kind>(
    kind: K,
    asks: Questions[K]['asks'],
    { onTold, signal, interrupt, files }: AskOptions<K> = {},
  ): Promise<Questions[K]['answer']> {
    const worker = await this.start();
    if (signal?.aborted === true) throw refused('stopped');
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      const stop = (): void => this.#end('stopped');
      const hurry = (): void => worker.postMessage({ interrupt: id } satisfies Interruption, []);
      const settle = (): void => {
        this.#waiting.delete(id);
        signal?.removeEventListener('abort', stop);
        interrupt?.removeEventListener('abort', hurry);
      };
      signal?.addEventListener('abort', stop);
      interrupt?.addEventListener('abort', hurry);
      this.#waiting.set(id, {
        told: (told) => {
          if ('tells' in told) return onTold?.(told.tells as Questions[K]['tells']);
          settle();
          if ('answer' in told) resolve(told.answer as Questions[K]['answer']);
          else reject(new RefusedError(told.refusal));
        },
        failed: (error) => {
          settle();
          reject(error);
        },
      });
      const given = files === undefined ? {} : { files };
      worker.postMessage({ id, kind, asks, ...given } satisfies Asked, []);
    });
  }

  async #make(): Promise<Worker> {
    const packed = textOf('laboratory-program');
    if (packed === '') throw refused('this page was made without its laboratory');
    const program = await inflateText(packed);
    if (program === undefined) throw refused('the laboratory in this file is damaged');
    const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
    const worker = new Worker(url);
    worker.addEventListener('message', ({ data }: MessageEvent<Told>) =>
      this.#waiting.get(data.id)?.told(data),
    );
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#end(`the laboratory stopped: ${event.message}`);
    });
    worker.postMessage({ packs: [textOf('laboratory-pack'), textOf('recordings')] }, []);
    URL.revokeObjectURL(url);
    return worker;
  }

  // Ends the worker with all that waits for it; the next question makes a new one.
  #end(why: string): void {
    void this.#worker?.then((worker) => worker.terminate());
    this.#worker = undefined;
    for (const { failed } of this.#waiting.values()) failed(refused(why));
  }
}

/** The one of this page. */
export const laboratory = new Laboratory();
