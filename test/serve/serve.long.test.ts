// The live page's server: what it answers, and all that it refuses, as bytes on a socket.
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { MAX_BODY, findRefusal } from '../../src/serve/guard.js';
import type { LiveAnswer } from '../../src/serve/live-data.js';
import { type LiveRequest, readLiveRequest } from '../../src/serve/live-request.js';
import { LIMITS, type LiveServer, startServer } from '../../src/serve/server.js';
import { TokenBucket } from '../../src/serve/token-bucket.js';
import { TooBusyError, Turns } from '../../src/serve/turns.js';
import { type Parts, bodyOf, exchange, headersOf, post, request, statusOf } from '../helpers/http.js';

const PAGE = {
  html: '<!doctype html><title>page</title>',
  policy: "default-src 'none'; connect-src 'self'; frame-ancestors 'none'",
};

const answerTo = ({ set, length }: LiveRequest): LiveAnswer => ({
  isCorrupt: false,
  sentence: `safe with ${JSON.stringify([...set])}`,
  outcome: 'returned 0x0',
  scenario: 'test',
  parameters: [],
  path: { length: length ?? 0, shortest: 2, texts: [] },
  picture: null,
  page: { format: 'oopslab page 1', runs: [], comparison: null },
});

describe('the server', () => {
  let server: LiveServer;
  let ran = 0;
  let hold: Promise<void> | undefined;
  beforeAll(async () => {
    server = await startServer({
      port: 0,
      page: () => PAGE,
      run: async (wish) => {
        ran += 1;
        await hold;
        if (wish.set.has('wrong')) throw new InputError('is no such parameter', { field: 'wrong' });
        if (wish.set.has('broken')) throw new Error('a secret of the inside');
        return answerTo(wish);
      },
    });
  });
  afterAll(() => server.close());
  const send = (...parts: readonly string[]) => exchange(server.port, ...parts);

  it('serves the page at /, with all that keeps it to itself', async () => {
    const reply = await send(request(server.port, {}));
    expect(statusOf(reply)).toBe(200);
    expect(bodyOf(reply)).toBe(PAGE.html);
    expect(headersOf(reply)).toMatchObject({
      'content-security-policy': PAGE.policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(Object.keys(headersOf(reply)).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('runs the requests of the page', async () => {
    const reply = await send(post(server.port, '{"set":{"prepath":"/x"},"length":8}'));
    expect(statusOf(reply)).toBe(200);
    expect(JSON.parse(bodyOf(reply))).toMatchObject({
      sentence: 'safe with [["prepath","/x"]]',
      path: { length: 8 },
    });
  });

  it('says what is wrong with a parameter, with status 400', async () => {
    const reply = await send(post(server.port, '{"set":{"wrong":"1"}}'));
    expect(statusOf(reply)).toBe(400);
    expect(JSON.parse(bodyOf(reply))).toEqual({
      error: { code: 'ERR_INPUT', message: 'is no such parameter', where: { field: 'wrong' } },
    });
  });

  it('says nothing of the inside when something of it breaks', async () => {
    const reply = await send(post(server.port, '{"set":{"broken":"1"}}'));
    expect(statusOf(reply)).toBe(500);
    expect(reply).not.toContain('secret');
  });

  it.each([
    ['another name for this machine (DNS rebinding)', { host: 'evil.example' }, 403],
    ['another name with the right port', { host: 'evil.example:PORT' }, 403],
    ['the right name with another port', { host: '127.0.0.1:1' }, 403],
    ['the right name without the port', { host: '127.0.0.1' }, 403],
    ['another address of this machine', { host: '0.0.0.0:PORT' }, 403],
    ['a name that begins with the right one', { host: '127.0.0.1:PORT.evil.example' }, 403],
    ['two Host headers', { headers: ['Host: 127.0.0.1:PORT'] }, 403],
    ['a page of another origin', { headers: ['Origin: http://evil.example'] }, 403],
    ['a page of another port', { headers: ['Origin: http://127.0.0.1:1'] }, 403],
    ['a page of this port over https', { headers: ['Origin: https://127.0.0.1:PORT'] }, 403],
    ['a page without an origin', { headers: ['Origin: null'] }, 403],
    ['a file', { url: '/etc/passwd' }, 404],
    ['a file above', { url: '/../package.json' }, 404],
    ['a file above, encoded', { url: '/%2e%2e/package.json' }, 404],
    ['the page with a query', { url: '/?x' }, 404],
    ['an absolute address', { url: 'http://evil.example/' }, 404],
    ['a name of JavaScript', { url: '/__proto__' }, 404],
    ['a name without a slash', { url: '__proto__' }, 400],
    ['the data without a body', { url: '/run' }, 405],
    ['a change of the page', { method: 'PUT' }, 405],
    ['a preflight', { method: 'OPTIONS', url: '/run', headers: ['Origin: http://127.0.0.1:PORT'] }, 405],
    ['the head of the page', { method: 'HEAD' }, 405],
    [
      'a run without an origin',
      {
        method: 'POST',
        url: '/run',
        headers: ['Content-Type: application/json', 'Content-Length: 2'],
        body: '{}',
      },
      403,
    ],
    [
      'a run from another site',
      {
        method: 'POST',
        url: '/run',
        headers: [
          'Origin: http://127.0.0.1:PORT',
          'Sec-Fetch-Site: cross-site',
          'Content-Type: application/json',
          'Content-Length: 2',
        ],
        body: '{}',
      },
      403,
    ],
    [
      'a body of unknown length',
      {
        method: 'POST',
        url: '/run',
        headers: [
          'Origin: http://127.0.0.1:PORT',
          'Content-Type: application/json',
          'Transfer-Encoding: chunked',
        ],
        body: '2\r\n{}\r\n0\r\n\r\n',
      },
      411,
    ],
  ] as readonly (readonly [string, Parts, number])[])('refuses %s', async (_, parts, status) => {
    const withPort = (text: string): string => text.replaceAll('PORT', String(server.port));
    const before = ran;
    const reply = await send(
      request(server.port, {
        ...parts,
        ...(parts.host === undefined ? {} : { host: withPort(parts.host) }),
        headers: (parts.headers ?? []).map(withPort),
      }),
    );
    expect(statusOf(reply)).toBe(status);
    expect(reply).not.toContain(PAGE.html);
    expect(ran).toBe(before);
  });

  it.each([
    ['a form', '{}', { type: 'text/plain' }, 415],
    ['another form', '{}', { type: 'application/x-www-form-urlencoded' }, 415],
    ['a body that is too long', 'x'.repeat(MAX_BODY + 1), {}, 413],
    ['a body that says that it is too long', '{}', { length: '99999999999' }, 413],
    ['text that is not JSON', '{"set":', {}, 400],
    ['JSON of another shape', '[1]', {}, 400],
    ['a field that there is not', '{"file":"/etc/passwd"}', {}, 400],
    ['a number for a text', '{"set":{"prepath":7}}', {}, 400],
    ['an impossible length', '{"length":1e9}', {}, 400],
    ['a page of another port', '{}', { origin: 'http://localhost:1' }, 403],
  ] as const)('runs nothing for %s', async (_, body, change, status) => {
    const before = ran;
    const reply = await send(post(server.port, body, change));
    expect(statusOf(reply)).toBe(status);
    expect(ran).toBe(before);
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\n${'X-Long: y\r\n'.repeat(2000)}`, 431],
    ['one long header', `GET / HTTP/1.1\r\nX: ${'y'.repeat(LIMITS.headers + 1)}`, 431],
    [
      'two lengths (request smuggling)',
      'POST /run HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
      400,
    ],
    ['no host at all', 'GET / HTTP/1.1\r\n\r\n', 400],
  ] as const)('ends what sends %s', async (_, bytes, status) => {
    expect(statusOf(await send(bytes))).toBe(status);
  });

  it.each([
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
    ['a web socket', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ])('closes %s without a word', async (_, bytes) => {
    expect(await send(bytes)).toBe('');
  });

  it('ends a request that never ends, and one whose body never comes', async () => {
    const whole = post(server.port, '{}');
    const replies = await Promise.all([send('GET / HTTP/1.1\r\nHost: '), send(whole.slice(0, -1))]);
    expect(replies.map(statusOf)).toEqual([408, 408]);
  });

  it('gives the place of a client that never closes its end to another one', async () => {
    const own = await startServer({ port: 0, page: () => PAGE, run: async (wish) => answerTo(wish) });
    const open = Array.from({ length: LIMITS.connections }, () => {
      const socket = connect({ port: own.port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined);
      socket.pause().write('GET / HTTP/1.1\r\nHost: ');
      return socket;
    });
    await Promise.all(open.map((socket) => once(socket, 'connect')));
    // Closed at once while there is no place.
    const status = async () => statusOf(await exchange(own.port, request(own.port, {})));
    await expect.poll(status, { timeout: 15_000, interval: 250 }).toBe(200);
    for (const socket of open) socket.destroy();
    await own.close();
  }, 20_000);

  it('runs nothing for a body that is not text', async () => {
    const before = ran;
    const half = await send(post(server.port, String.raw`{"set":{"prepath":"/\ud800"}}`));
    expect([statusOf(half), JSON.parse(bodyOf(half))]).toMatchObject([
      400,
      { error: { where: { field: 'set' } } },
    ]);
    const [head] = post(server.port, '', { length: '25' }).split('\r\n\r\n');
    const socket = connect(server.port, '127.0.0.1');
    socket.write(`${head}\r\n\r\n`);
    socket.write(Buffer.from('{"set":{"prepath":"/\u00ff\u00fe"}}', 'latin1'));
    const [reply] = await once(socket, 'data');
    socket.destroy();
    expect(statusOf(String(reply))).toBe(400);
    expect(String(reply)).toContain('is not UTF-8');
    expect(ran).toBe(before);
  });

  it('runs one after the other, and refuses when too many wait', async () => {
    let release = (): void => undefined;
    hold = new Promise((resolve) => (release = resolve));
    const before = ran;
    const runs = Array.from({ length: LIMITS.runs + 2 }, () => send(post(server.port, '{}')));
    const first = await Promise.race(runs);
    expect(statusOf(first)).toBe(503);
    expect(ran).toBe(before + 1);
    release();
    hold = undefined;
    const statuses = (await Promise.all(runs)).map(statusOf);
    expect(statuses.filter((status) => status === 200)).toHaveLength(LIMITS.runs);
    expect(statuses.filter((status) => status === 503)).toHaveLength(2);
  });

  it('bounds how often it answers', async () => {
    let now = 0;
    const run = async (wish: LiveRequest): Promise<LiveAnswer> => answerTo(wish);
    const bounded = await startServer({ port: 0, page: () => PAGE, run, now: () => now });
    const get = async (): Promise<string> => exchange(bounded.port, request(bounded.port, {}));
    for (let index = 0; index < LIMITS.burst; index += 1) expect(statusOf(await get())).toBe(200);
    const refused = await get();
    expect(statusOf(refused)).toBe(429);
    expect(headersOf(refused)).toMatchObject({ 'retry-after': '1' });
    now = 1000 / LIMITS.perSecond;
    expect([statusOf(await get()), statusOf(await get())]).toEqual([200, 429]);
    await bounded.close();
  });

  it('says when a port is taken', async () => {
    await expect(
      startServer({ port: server.port, page: () => PAGE, run: async (wish) => answerTo(wish) }),
    ).rejects.toThrow(
      `port ${server.port} is in use by another program; choose another one, or 0 for any that is free`,
    );
  });

  it('asks to wait until its page is there', async () => {
    let page: typeof PAGE | undefined;
    const early = await startServer({ port: 0, page: () => page, run: async (wish) => answerTo(wish) });
    const ask = async (...parts: readonly string[]) => statusOf(await exchange(early.port, ...parts));
    expect([await ask(request(early.port, {})), await ask(post(early.port, '{}'))]).toEqual([503, 503]);
    page = PAGE;
    expect([await ask(request(early.port, {})), await ask(post(early.port, '{}'))]).toEqual([200, 200]);
    await early.close();
  });
});

describe('what may be answered', () => {
  it('is a request for the page or the data, with a host and an origin of this server, whatever else it says', () => {
    const words = fc.oneof(
      fc.constantFrom('127.0.0.1:8000', 'localhost:8000', '127.0.0.1', 'evil.example:8000', '[::1]:8000'),
      fc.string({ maxLength: 20 }),
    );
    const origins = fc.oneof(
      words.map((word) => `http://${word}`),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS'),
        fc.oneof(fc.constantFrom('/', '/run', '//', '/run/'), fc.string({ maxLength: 8 })),
        fc.array(words, { maxLength: 2 }),
        fc.array(origins, { maxLength: 2 }),
        (method, url, hosts, from) => {
          const rawHeaders = [
            ...hosts.flatMap((host) => ['hOsT', host]),
            ...from.flatMap((origin) => ['Origin', origin]),
            'Content-Type',
            'application/json',
            'Content-Length',
            '2',
          ];
          if (findRefusal({ method, url, rawHeaders }, 8000) !== undefined) return;
          expect([`${method} ${url}`]).toEqual([method === 'GET' ? 'GET /' : 'POST /run']);
          expect(hosts).toHaveLength(1);
          expect(['127.0.0.1:8000', 'localhost:8000']).toContain(hosts[0]!.toLowerCase());
          expect(from.every((one) => ['http://127.0.0.1:8000', 'http://localhost:8000'].includes(one))).toBe(
            true,
          );
          if (method === 'POST') expect(from).toHaveLength(1);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('is read strictly: any other text is an error for the reader', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          const { set, length } = readLiveRequest(text);
          expect([...set.values()].every((value) => typeof value === 'string')).toBe(true);
          expect(length === undefined || Number.isInteger(length)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the bucket', () => {
  it('gives as many tokens as it has, and those that came back', () => {
    let now = 0;
    const bucket = new TokenBucket(3, 2, () => now);
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
    now = 400;
    expect(bucket.take()).toBe(false);
    now = 500;
    expect([bucket.take(), bucket.take()]).toEqual([true, false]);
    now = 60_000;
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
  });
});

describe('turns', () => {
  it('leave out jobs that are no longer wanted, and continue after an error', async () => {
    const turns = new Turns(3);
    let release = (): void => undefined;
    const first = turns.take(
      () => new Promise<string>((resolve) => (release = () => resolve('first'))),
      () => true,
    );
    const dropped = turns.take(
      async () => 'dropped',
      () => false,
    );
    const failing = turns.take(
      async () => Promise.reject(new Error('third')),
      () => true,
    );
    await expect(
      turns.take(
        async () => 'fourth',
        () => true,
      ),
    ).rejects.toBeInstanceOf(TooBusyError);
    await Promise.resolve();
    release();
    expect(await first).toBe('first');
    expect(await dropped).toBeUndefined();
    await expect(failing).rejects.toThrow('third');
    expect(
      await turns.take(
        async () => 'last',
        () => true,
      ),
    ).toBe('last');
  });
});
