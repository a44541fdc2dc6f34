// The page's server: what it answers, and all that it refuses, as bytes on a socket.
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRefusal } from '../../src/serve/guard.js';
import { servedPage } from '../../src/serve/served-page.js';
import { LIMITS, type PageServer, startServer } from '../../src/serve/server.js';
import { TokenBucket } from '../../src/serve/token-bucket.js';
import { type Parts, bodyOf, exchange, headersOf, request, statusOf } from '../helpers/http.js';

const PAGE = {
  html: '<!doctype html><title>page</title>',
  policy: "default-src 'none'; connect-src 'none'; frame-ancestors 'none'",
};

describe('the server', () => {
  let server: PageServer;
  beforeAll(async () => {
    server = await startServer({ port: 0, page: () => PAGE });
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
    ['a run', { url: '/run' }, 404],
    ['a change of the page', { method: 'PUT' }, 405],
    ['a preflight', { method: 'OPTIONS', headers: ['Origin: http://127.0.0.1:PORT'] }, 405],
    ['the head of the page', { method: 'HEAD' }, 405],
    [
      'a request for a run',
      { method: 'POST', headers: ['Origin: http://127.0.0.1:PORT', 'Content-Length: 2'], body: '{}' },
      405,
    ],
  ] as readonly (readonly [string, Parts, number])[])('refuses %s', async (_, parts, status) => {
    const withPort = (text: string): string => text.replaceAll('PORT', String(server.port));
    const reply = await send(
      request(server.port, {
        ...parts,
        ...(parts.host === undefined ? {} : { host: withPort(parts.host) }),
        headers: (parts.headers ?? []).map(withPort),
      }),
    );
    expect(statusOf(reply)).toBe(status);
    expect(reply).not.toContain(PAGE.html);
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\n${'X-Long: y\r\n'.repeat(2000)}`, 431],
    ['one long header', `GET / HTTP/1.1\r\nX: ${'y'.repeat(LIMITS.headers + 1)}`, 431],
    [
      'two lengths (request smuggling)',
      'POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
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

  it('ends a request that never ends', async () => {
    expect(statusOf(await send('GET / HTTP/1.1\r\nHost: '))).toBe(408);
  });

  it('gives the place of a client that never closes its end to another one', async () => {
    const own = await startServer({ port: 0, page: () => PAGE });
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

  it('bounds how often it answers', async () => {
    let now = 0;
    const bounded = await startServer({ port: 0, page: () => PAGE, now: () => now });
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
    await expect(startServer({ port: server.port, page: () => PAGE })).rejects.toThrow(
      `port ${server.port} is in use by another program; choose another one, or 0 for any that is free`,
    );
  });

  it('asks to wait until its page is there', async () => {
    let page: typeof PAGE | undefined;
    const early = await startServer({ port: 0, page: () => page });
    const ask = async (...parts: readonly string[]) => statusOf(await exchange(early.port, ...parts));
    expect(await ask(request(early.port, {}))).toBe(503);
    page = PAGE;
    expect(await ask(request(early.port, {}))).toBe(200);
    await early.close();
  });
});

describe('what may be answered', () => {
  it('is a request for the page, with a host and an origin of this server, whatever else it says', () => {
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
          expect(`${method} ${url}`).toBe('GET /');
          expect(hosts).toHaveLength(1);
          expect(['127.0.0.1:8000', 'localhost:8000']).toContain(hosts[0]!.toLowerCase());
          expect(from.every((one) => ['http://127.0.0.1:8000', 'http://localhost:8000'].includes(one))).toBe(
            true,
          );
        },
      ),
      { numRuns: 3000 },
    );
  });
});

it('a page without a policy that forbids all connections is not served', () => {
  expect(() => servedPage('<!doctype html>')).toThrow('has no policy of its own');
  const loose = '<meta http-equiv="Content-Security-Policy" content="connect-src *" />';
  expect(() => servedPage(loose)).toThrow('has no policy of its own');
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
