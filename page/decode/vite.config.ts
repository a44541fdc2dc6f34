// How the page of `oopslab site` is built, which reads reports.

import { fileURLToPath } from 'node:url';
import { pageConfig } from '../one-file.js';

export default pageConfig(fileURLToPath(new URL('.', import.meta.url)));
