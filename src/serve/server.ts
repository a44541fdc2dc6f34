// The live page's server: the page at /, and runs at /run; on 127.0.0.1, for pages of its own origin. guard.ts
// decides which requests are answered, runner.ts runs them.

import { isUtf8 } from 'node:buffer';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InputError } from '../base/errors.js';
import { pageJson } from '../report/page-json.js';
import { MAX_BODY, type Refusal, findRefusal } from './guard.js';
import type { LiveAnswer } from './live-data.js';
import { type LiveRequest, readLiveRequest } from './live-request.js';
import { isReaderError } from './runner.js';
import { TokenBucket } from './token-bucket.js';
import { TooBusyError, Turns } from './turns.js';

interface LiveServerOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** The page, with what its own header Content-Security-Policy should say; undefined until its first run is done. */
  readonly page: () => { readonly html: string; readonly policy: string } | undefined;
  readonly run: (request: LiveRequest) => Promise<LiveAnswer>;
  /** Milliseconds of a clock that never goes back: for the rate alone. */
  readonly now?: () => number;
}

/** Limits of a server. */
export const LIMITS = {
  /** Bytes of all headers of a request. */
  headers: 8192,
  connections: 32,
  /** Milliseconds for the headers, and for the whole of a request. */
  headersMs: 3000,
  requestMs: 5000,
  /** Milliseconds in which a client can read why its connection ends. */
  farewellMs: 500,
  /** Requests at once, and then per second. */
  burst: 40,
  perSecond: 20,
  /** Runs that go on or wait. */
  runs: 4,
} as const;

const COMMON = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/** The policy of answers other than the page. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const send = (response: ServerResponse, { status, type, body, headers = {} }: Reply): void => {
  if (response.destroyed) return;
  const content = Buffer.from(body);
  response.writeHead(status, {
    ...COMMON,
    'Content-Security-Policy': NOTHING,
    'Content-Type': type,
    'Content-Length': content.length,
    ...headers,
  });
  response.end(content);
};

const json = (status: number, document: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  type: 'application/json; charset=utf-8',
  body: pageJson(document),
  headers,
});

const problem = (status: number, code: string, message: string, where: object = {}): Reply =>
  json(status, { error: { code, message, where } }, status === 400 ? {} : { Connection: 'close' });

const refusalReply = ({ status, message, allow }: Refusal): Reply => {
  const reply = problem(status, 'ERR_REQUEST', message);
  return allow === undefined ? reply : { ...reply, headers: { ...reply.headers, Allow: allow } };
};

const BUSY: Reply = {
  ...problem(503, 'ERR_BUSY', 'other runs are under way; try again'),
  headers: { 'Retry-After': '1' },
};

const readUtf8 = (bytes: Buffer): string => {
  if (!isUtf8(bytes)) throw new InputError('is not UTF-8', { field: 'request' });
  return bytes.toString('utf8');
};

// The whole body; `undefined` when it is longer than it may be.
const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) return undefined;
    parts.push(part);
  }
  return readUtf8(Buffer.concat(parts));
};

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  run: LiveServerOptions['run'],
  turns: Turns,
): Promise<Reply | undefined> => {
  try {
    const body = await readBody(request);
    if (body === undefined) return problem(413, 'ERR_REQUEST', `at most ${MAX_BODY} bytes are allowed`);
    const wish = readLiveRequest(body);
    const found = await turns.take(
      () => run(wish),
      () => !response.destroyed,
    );
    return found === undefined ? undefined : json(200, found);
  } catch (error) {
    if (isReaderError(error)) return problem(400, error.code, error.message, error.where);
    if (error instanceof TooBusyError) return BUSY;
    if (response.destroyed) return undefined;
    return problem(500, 'ERR_INTERNAL', 'internal error');
  }
};

// Bytes that are not HTTP, or too many of them: a status line and the end.
const STATUS_OF: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

const makeServer = (
  { page, run, now = () => performance.now() }: LiveServerOptions,
  portOf: () => number,
): Server => {
  const bucket = new TokenBucket(LIMITS.burst, LIMITS.perSecond, now);
  const turns = new Turns(LIMITS.runs);
  const server = createServer({
    maxHeaderSize: LIMITS.headers,
    headersTimeout: LIMITS.headersMs,
    requestTimeout: LIMITS.requestMs,
    keepAliveTimeout: LIMITS.requestMs,
    connectionsCheckingInterval: 500,
  });
  server.maxConnections = LIMITS.connections;
  server.on('request', (request, response) => {
    const { method = '', url = '', rawHeaders } = request;
    const refusal = findRefusal({ method, url, rawHeaders }, portOf());
    if (refusal !== undefined) return send(response, refusalReply(refusal));
    if (!bucket.take()) {
      const reply = problem(429, 'ERR_RATE', 'too many requests; wait a second');
      return send(response, { ...reply, headers: { ...reply.headers, 'Retry-After': '1' } });
    }
    const shown = page();
    if (shown === undefined) return send(response, BUSY);
    if (method === 'GET')
      return send(response, {
        status: 200,
        type: 'text/html; charset=utf-8',
        body: shown.html,
        headers: { 'Content-Security-Policy': shown.policy },
      });
    void answer(request, response, run, turns).then((reply) => {
      if (reply !== undefined) send(response, reply);
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return socket.destroy();
    const status = STATUS_OF[error.code ?? ''] ?? '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    // A client that never closes its end must not keep the place of another one.
    return setTimeout(() => socket.destroy(), LIMITS.farewellMs).unref();
  });
  // No tunnels, no other protocols.
  server.on('connect', (_request, socket) => socket.destroy());
  server.on('upgrade', (_request, socket) => socket.destroy());
  return server;
};

const WHY_NOT: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program',
  EACCES: 'is not open to this user',
};

/** A server that listens. */
export interface LiveServer {
  readonly url: string;
  readonly port: number;
  /** Stop at once: open connections are cut. */
  close(): Promise<void>;
}

/**
 * Listen on 127.0.0.1.
 *
 * @throws {InputError} when the port cannot be had
 */
export const startServer = async (options: LiveServerOptions): Promise<LiveServer> => {
  let port = options.port;
  const server = makeServer(options, () => port);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = WHY_NOT[error.code ?? ''] ?? `cannot be had (${error.code})`;
      reject(
        new InputError(`port ${options.port} ${why}; choose another one, or 0 for any that is free`, {
          field: '--port',
        }),
      );
    });
    server.listen({ host: '127.0.0.1', port: options.port, exclusive: true }, resolve);
  });
  ({ port } = server.address() as AddressInfo);
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
