// The limits of the live page's server.

import { MAX_BODY } from '../serve/guard.js';
import { MAX_LENGTH, MAX_PARAMETERS } from '../serve/live-request.js';
import { MAX_HEAP_MB, MAX_RUN_MS } from '../serve/runner.js';
import { LIMITS } from '../serve/server.js';
import { MAX_PORT } from '../cli/serve.js';
import { REFUSED, limitsOf } from './limit.js';

/** Of requests to `serve`. The clock bounds connections only, never a run. */
export const SERVER_LIMITS = [
  ...limitsOf('the options of `serve`', [{ what: '`--port`', max: MAX_PORT, unit: '', beyond: REFUSED }]),
  ...limitsOf('a request to `serve`', [
    { what: 'its body', max: MAX_BODY, unit: 'bytes', beyond: 'refused with 413' },
    { what: 'its headers', max: LIMITS.headers, unit: 'bytes', beyond: 'refused with 431' },
    { what: 'parameters', max: MAX_PARAMETERS, unit: '', beyond: 'refused with 400' },
    { what: 'length of path', max: MAX_LENGTH, unit: 'bytes', beyond: 'refused with 400' },
    { what: 'connections at once', max: LIMITS.connections, unit: 'connections', beyond: 'closed' },
    { what: 'requests at once', max: LIMITS.burst, unit: '', beyond: 'refused with 429' },
    { what: 'requests per second after that', max: LIMITS.perSecond, unit: '', beyond: 'refused with 429' },
    { what: 'runs that go on or wait', max: LIMITS.runs, unit: 'runs', beyond: 'refused with 503' },
    {
      what: 'JavaScript heap of the process that runs',
      max: MAX_HEAP_MB,
      unit: 'MiB',
      beyond: 'the run is an error on the page; the next gets a new process',
    },
    {
      what: 'a run, from when its process is ready',
      max: MAX_RUN_MS / 1000,
      unit: 'seconds of CPU time',
      beyond: 'the run is an error on the page; the next gets a new process',
    },
    {
      what: 'time for the headers to arrive',
      max: LIMITS.headersMs,
      unit: 'milliseconds',
      beyond: 'the connection is closed',
    },
    {
      what: 'time for a request to arrive',
      max: LIMITS.requestMs,
      unit: 'milliseconds',
      beyond: 'the connection is closed',
    },
  ]),
];
