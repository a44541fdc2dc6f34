// HTTP as bytes on a socket: also what no client library would send.
import { type Socket, connect } from 'node:net';

/** Send bytes, and resolve with all that comes back until the server closes. */
export const exchange = (port: number, ...parts: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => (text += part));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(text) : reject(error),
    );
    socket.on('close', () => resolve(text));
    for (const part of parts) socket.write(part);
  });

/** The status of a reply. */
export const statusOf = (reply: string): number => Number(/^HTTP\/1\.1 (\d+)/u.exec(reply)?.[1]);
/** The body of a reply. */
export const bodyOf = (reply: string): string => reply.slice(reply.indexOf('\r\n\r\n') + 4);
/** The headers of a reply, names in lower case. */
export const headersOf = (reply: string): Record<string, string> =>
  Object.fromEntries(
    [...reply.slice(0, reply.indexOf('\r\n\r\n')).matchAll(/^([\w-]+): (.*)\r?$/gmu)].map(
      ([, name, value]) => [name!.toLowerCase(), value!],
    ),
  );

/** Parts of a request. */
export interface Parts {
  readonly method?: string;
  readonly url?: string;
  readonly host?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A request of this machine's own page, but for the parts that are given. */
export const request = (
  port: number,
  { method = 'GET', url = '/', host = `127.0.0.1:${port}`, headers = [], body = '' }: Parts,
) => [`${method} ${url} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', body].join('\r\n');
