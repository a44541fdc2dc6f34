// One worker of a check: a thread or a process that obeys orders.

import { portOfThread } from '../../host/processes.js';
import { prepareEngine } from '../../run/prepare-engine.js';
import { Obedient } from './obey.js';
import type { Order } from './orders.js';

const obedient = new Obedient();

await prepareEngine();
const port = portOfThread();
if (port !== undefined) port.on('message', (order: Order) => port.postMessage(obedient.answer(order), []));
else if (process.send !== undefined) {
  process.on('SIGINT', () => undefined); // a terminal sends it to all; the parent decides
  process.on('disconnect', () => process.exit());
  process.on('message', (order: Order) => process.send?.(obedient.answer(order)));
}
