// Which requests the page's server answers: those for the page, from this machine. A pure decision on the text of a request.

interface RequestHead {
  readonly method: string;
  readonly url: string;
  /** Names and values in turn, as they came: a header that is there twice is there twice. */
  readonly rawHeaders: readonly string[];
}

/** Why a request is not answered. */
export interface Refusal {
  readonly status: 403 | 404 | 405;
  readonly message: string;
  /** What would be allowed, for 405. */
  readonly allow?: string;
}

const valuesOf = ({ rawHeaders }: RequestHead, name: string): string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name);

const hostsOf = (port: number): string[] =>
  ['127.0.0.1', 'localhost'].flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));

/**
 * Whether a request may be answered. A name that a foreign DNS resolves to 127.0.0.1 fails at `Host`, a page of
 * another origin or port at `Origin`.
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
  if (url !== '/') return { status: 404, message: 'there is only the page, at /' };
  return method === 'GET' ? undefined : { status: 405, message: '/ takes GET', allow: 'GET' };
};
