// The page's server: the page at /, on 127.0.0.1, for this machine. It runs nothing: the page has its own laboratory.
// guard.ts decides which requests are answered.

import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InputError } from '../base/errors.js';
import { pageJson } from '../report/page-json.js';
import { type Refusal, findRefusal } from './guard.js';
import { TokenBucket } from './token-bucket.js';

/** What is served. */
export interface ServedPage {
  readonly html: string;
  /** What its header Content-Security-Policy says. */
  readonly policy: string;
}

interface ServerOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** The page; undefined until it is made. */
  readonly page: () => ServedPage | undefined;
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

const problem = (status: number, code: string, message: string): Reply => ({
  status,
  type: 'application/json; charset=utf-8',
  body: pageJson({ error: { code, message } }),
  headers: { Connection: 'close' },
});

const refusalReply = ({ status, message, allow }: Refusal): Reply => {
  const reply = problem(status, 'ERR_REQUEST', message);
  return allow === undefined ? reply : { ...reply, headers: { ...reply.headers, Allow: allow } };
};

const BUSY: Reply = {
  ...problem(503, 'ERR_BUSY', 'the page is being made; try again'),
  headers: { 'Retry-After': '1' },
};

// Bytes that are not HTTP, or too many of them: a status line and the end.
const STATUS_OF: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

const makeServer = ({ page, now = () => performance.now() }: ServerOptions, portOf: () => number): Server => {
  const bucket = new TokenBucket(LIMITS.burst, LIMITS.perSecond, now);
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
    return send(response, {
      status: 200,
      type: 'text/html; charset=utf-8',
      body: shown.html,
      headers: { 'Content-Security-Policy': shown.policy },
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
export interface PageServer {
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
export const startServer = async (options: ServerOptions): Promise<PageServer> => {
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
