// A real Firefox for tests: Debian's, without a window, driven by its own Marionette protocol, which needs nothing but a
// socket: messages are JSON with their length before them. Knows nothing of the pages that it opens.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Where it is: OOPSLAB_FIREFOX, or on the PATH. `undefined` where it is not: tests that want it are skipped then. */
const firefoxPath =
  process.env['OOPSLAB_FIREFOX'] ??
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => ['firefox-esr', 'firefox'].map((name) => join(folder, name)))
    .find(isExecutable);

/** Whether there is a Firefox to test in. */
export const hasFirefox = firefoxPath !== undefined;

/** A title that says what is missing where tests are skipped. */
export const inFirefox = (title: string): string =>
  `${title} in Firefox${hasFirefox ? '' : ' (needs firefox-esr, which is missing)'}`;

// A port of its own choice, no first-run pages, and nothing that looks for a network.
const PREFERENCES = {
  'marionette.port': 0,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

const START = 60_000; // ms, on a machine that does much else

// The port that it says it listens on.
const portOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`Firefox did not start: ${said}`)), START);
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const port = /Listening on port (\d+)/u.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Firefox ended with ${code}: ${said}`)));
  });

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

// Source: the Marionette protocol, version 3: [0, id, command, parameters] and [1, id, error, value].
class Marionette {
  readonly #waiting = new Map<number, Waiting>();
  #rest = Buffer.alloc(0);
  #sent = 0;

  constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      this.#read();
    });
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Firefox has gone'));
    });
  }

  send(command: string, parameters: object = {}): Promise<unknown> {
    this.#sent += 1;
    const text = JSON.stringify([0, this.#sent, command, parameters]);
    this.socket.write(`${Buffer.byteLength(text)}:${text}`);
    return new Promise((resolve, reject) => this.#waiting.set(this.#sent, { resolve, reject }));
  }

  #read(): void {
    for (;;) {
      const colon = this.#rest.indexOf(':');
      const length = Number(this.#rest.subarray(0, Math.max(0, colon)).toString());
      if (colon < 0 || this.#rest.length < colon + 1 + length) return;
      const message: unknown = JSON.parse(this.#rest.subarray(colon + 1, colon + 1 + length).toString());
      this.#rest = this.#rest.subarray(colon + 1 + length);
      if (!Array.isArray(message)) continue; // the greeting
      const [, id, error, result] = message as [number, number, { message: string } | null, unknown];
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === null) waiting?.resolve(result);
      else waiting?.reject(new Error(error.message));
    }
  }
}

const PATIENCE = 30_000; // ms, for what a page does

/** A browser with one tab. */
export class Firefox {
  private constructor(
    private readonly child: ChildProcess,
    private readonly socket: Socket,
    private readonly marionette: Marionette,
    private readonly profile: string,
  ) {}

  /** Start it with a profile of its own; `close` it. */
  static async start(): Promise<Firefox> {
    if (firefoxPath === undefined) throw new Error('there is no firefox');
    const profile = mkdtempSync(join(tmpdir(), 'oopslab-firefox-'));
    const lines = Object.entries(PREFERENCES).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    );
    writeFileSync(join(profile, 'user.js'), lines.join(''));
    const child = spawn(
      firefoxPath,
      ['--headless', '--marionette', '--no-remote', '--profile', profile, 'about:blank'],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: profile } },
    );
    const socket = connect(await portOf(child), '127.0.0.1');
    const marionette = new Marionette(socket);
    const firefox = new Firefox(child, socket, marionette, profile);
    await marionette.send('WebDriver:NewSession', { capabilities: { alwaysMatch: {} } });
    await marionette.send('WebDriver:SetTimeouts', { script: PATIENCE });
    return firefox;
  }

  /** Open a page, and wait until it is loaded. */
  async open(url: string): Promise<void> {
    await this.marionette.send('WebDriver:Navigate', { url });
  }

  /** The value of an expression in the page, or what its promise resolves to; as JSON has it. */
  async evaluate(expression: string): Promise<unknown> {
    const script = `const done = arguments[0];
      (async () => (${expression}))().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value } = (await this.marionette.send('WebDriver:ExecuteAsyncScript', { script, args: [] })) as {
      value: { value?: unknown; error?: string };
    };
    if (value.error !== undefined) throw new Error(`${expression}: ${value.error}`);
    return value.value;
  }

  /** Wait until an expression is true in the page. @returns its value */
  until(expression: string): Promise<unknown> {
    return this.evaluate(`new Promise((resolve) => {
      const look = () => {
        const found = (() => (${expression}))();
        if (found) resolve(found);
        else setTimeout(look, 20);
      };
      look();
    })`);
  }

  /** End it, and remove its profile. */
  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.socket.destroy();
    this.child.kill('SIGKILL');
    await gone;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
