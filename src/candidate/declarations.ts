// Functions and data of the kernel as C declares them. Which of them there are is not known here.

import type { Prototype } from '../kernel/symbols.js';

const declareType = (type: string, name: string): string =>
  type.endsWith('*') ? `${type}${name}` : `${type} ${name}`;

// Functions of the kernel whose last argument is followed by more, which manifests do not say.
const VARIADIC = new Set(['printk', 'seq_printf']);

/** A prototype as C declares it. */
export const declareFunction = (name: string, { returns, arguments: parameters }: Prototype): string => {
  const list = parameters.map(({ type, name: argument }) => declareType(type, argument));
  const all = VARIADIC.has(name) ? [...list, '...'] : list;
  return `${declareType(returns, name)}(${all.join(', ') || 'void'});`;
};

// Types of data that candidates can take the address of; the rest is there as bytes.
const DATA_TYPES: Readonly<Record<string, string>> = {
  init_ipc_ns: 'struct ipc_namespace init_ipc_ns',
  shm_vm_ops: 'const struct vm_operations_struct shm_vm_ops',
  shmem_vm_ops: 'const struct vm_operations_struct shmem_vm_ops',
  cache_chain: 'struct list_head cache_chain',
  vm_area_cachep: 'struct kmem_cache *vm_area_cachep',
};

/** Data as C declares it. */
export const declareData = (name: string): string =>
  `extern ${DATA_TYPES[name] ?? `const unsigned char ${name}[]`};`;
