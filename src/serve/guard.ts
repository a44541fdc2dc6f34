// Which requests the live page's server answers. A pure decision on the text of a request.

interface RequestHead {
  readonly method: string;
  readonly url: string;
  /** Names and values in turn, as they came: a header that is there twice is there twice. */
  readonly rawHeaders: readonly string[];
}

/** Why a request is not answered. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 405 | 411 | 413 | 415;
  readonly message: string;
  /** What would be allowed, for 405. */
  readonly allow?: string;
}

/** Longest body of a request, in bytes: a text of 1023 bytes, each written as \xHH in JSON, and the rest. */
export const MAX_BODY = 16_384;

const ROUTES: Readonly<Record<string, string>> = { '/': 'GET', '/run': 'POST' };

const valuesOf = ({ rawHeaders }: RequestHead, name: string): string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name);

const hostsOf = (port: number): string[] =>
  ['127.0.0.1', 'localhost'].flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));

/**
 * Whether a request may be answered. A name that a foreign DNS resolves to 127.0.0.1 fails at `Host`, a page of
 * another origin or port at `Origin`, a form at `Content-Type`.
 *
 * @param port the one that the server listens on
 * @returns `undefined` when it may
 */
export const findRefusal = (request: RequestHead, port: number): Refusal | undefined => {
  const { method, url } = request;
  const hosts = valuesOf(request, 'host');
  if (hosts.length !== 1 || !hostsOf(port).includes(hosts[0]!.toLowerCase()))
    return { status: 403, message: `the header Host should be ${hostsOf(port)[0]}` };
  const origins = valuesOf(request, 'origin');
  const isOwn = (origin: string): boolean => hostsOf(port).some((host) => origin === `http://${host}`);
  if (!origins.every(isOwn) || origins.length > 1)
    return { status: 403, message: `the header Origin should be http://${hostsOf(port)[0]}` };
  const allowed = Object.hasOwn(ROUTES, url) ? ROUTES[url] : undefined;
  if (allowed === undefined) return { status: 404, message: 'there is only the page, at /' };
  if (method !== allowed) return { status: 405, message: `${url} takes ${allowed}`, allow: allowed };
  return method === 'POST' ? findBodyRefusal(request, origins) : undefined;
};

const findBodyRefusal = (request: RequestHead, origins: readonly string[]): Refusal | undefined => {
  if (origins.length === 0) return { status: 403, message: 'the header Origin is missing' };
  const sites = valuesOf(request, 'sec-fetch-site');
  if (!sites.every((site) => site === 'same-origin'))
    return { status: 403, message: 'the request comes from another site' };
  const types = valuesOf(request, 'content-type');
  if (types.length !== 1 || !/^application\/json(?:; ?charset=utf-8)?$/iu.test(types[0]!))
    return { status: 415, message: 'the header Content-Type should be application/json' };
  if (valuesOf(request, 'transfer-encoding').length > 0)
    return { status: 411, message: 'the header Content-Length is needed' };
  const [length = '', ...more] = valuesOf(request, 'content-length');
  if (more.length > 0 || !/^\d+$/u.test(length))
    return { status: 411, message: 'the header Content-Length is needed' };
  if (Number(length) > MAX_BODY)
    return { status: 413, message: `the request has ${length} bytes, at most ${MAX_BODY} are allowed` };
  return undefined;
};
