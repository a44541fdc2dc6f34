// The limits of the page's server, and of the laboratory in the page.

import { MAX_LENGTH, MAX_PARAMETERS } from '../laboratory/wish.js';
import { MAX_GIVEN } from '../report/scenario-files.js';
import { LIMITS } from '../serve/server.js';
import { MAX_PORT } from '../cli/serve.js';
import { REFUSED, limitsOf } from './limit.js';

/** Of requests to `serve`. The clock bounds connections only. */
export const SERVER_LIMITS = [
  ...limitsOf('the options of `serve`', [{ what: '`--port`', max: MAX_PORT, unit: '', beyond: REFUSED }]),
  ...limitsOf('the laboratory of a page', [
    { what: 'parameters of a run', max: MAX_PARAMETERS, unit: '', beyond: 'refused, in the page' },
    { what: 'length of path', max: MAX_LENGTH, unit: 'bytes', beyond: 'refused, in the page' },
    {
      what: 'files of a scenario that was named by its path, together',
      max: MAX_GIVEN,
      unit: 'bytes',
      beyond: 'left out, and the page says so',
    },
  ]),
  ...limitsOf('a request to `serve`', [
    { what: 'its headers', max: LIMITS.headers, unit: 'bytes', beyond: 'refused with 431' },
    { what: 'connections at once', max: LIMITS.connections, unit: 'connections', beyond: 'closed' },
    { what: 'requests at once', max: LIMITS.burst, unit: '', beyond: 'refused with 429' },
    { what: 'requests per second after that', max: LIMITS.perSecond, unit: '', beyond: 'refused with 429' },
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
