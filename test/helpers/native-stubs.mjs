// Of the child processes of native-step.ts and native-forms.ts: runs code on this CPU from any state of the registers, and keeps
// what a signal handler in machine code saw. So nothing that an instruction does can harm the process, calls of the system and
// changes of segment bases apart: leave them out.
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const mmap = libc.func(
  'void *mmap(intptr_t address, size_t size, int prot, int flags, int fd, int64_t offset)',
);
const mprotect = libc.func('int mprotect(intptr_t address, size_t size, int prot)');
const arch_prctl = libc.func('int arch_prctl(int code, uint64_t address)');
const sigaction = libc.func('int sigaction(int number, void *action, void *old)');
const sigaltstack = libc.func('int sigaltstack(void *stack, void *old)');
const ALL = 7; // read, write, execute
const FLAGS = 0x02 | 0x10 | 0x20; // private, fixed, anonymous
const ARCH_SET_GS = 0x1001;

/** Map memory at an address; for everything, unless `protection` says otherwise. */
export const map = (at, size, protection = ALL) => {
  const address = BigInt(koffi.address(mmap(at, size, protection, FLAGS, -1, 0)));
  if (address !== BigInt(at)) throw new Error('mmap failed');
  return new Uint8Array(koffi.view(address, size));
};

/** Leave memory for reading only. */
export const protect = (at, size) => {
  if (mprotect(at, size, 1) !== 0) throw new Error('mprotect failed');
};

/** Set the base of GS, which nothing else in this process uses. */
export const setGsBase = (base) => {
  if (arch_prctl(ARCH_SET_GS, base) !== 0) throw new Error('arch_prctl failed');
};

const CONTROL = 0x63000000;
const STUBS = 0x64000000;
const SIGNALS = [4, 5, 7, 8, 11]; // SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV

// Assembled with GNU as. In CONTROL: 0 RSP of this process; 8 the signal; 0x100 the registers that it saw, 0x200 the XMM
// registers, 0x300 MXCSR; 0x400 the registers to start with, 0x500 the XMM registers, 0x600 what iretq takes, 0x700 MXCSR.
const ENTER = [
  '53', // push %rbx
  '55', // push %rbp
  '4154', // push %r12
  '4155', // push %r13
  '4156', // push %r14
  '4157', // push %r15
  '9c', // pushf
  '4889242500000063', // mov %rsp,0x63000000
  '0fae142500070063', // ldmxcsr 0x63000700
  'dbe3', // fninit
  'f30f6f042500050063', // movdqu 0x63000500,%xmm0
  'f30f6f0c2510050063', // movdqu 0x63000510,%xmm1
  'f30f6f142520050063', // movdqu 0x63000520,%xmm2
  'f30f6f1c2530050063', // movdqu 0x63000530,%xmm3
  'f30f6f242540050063', // movdqu 0x63000540,%xmm4
  'f30f6f2c2550050063', // movdqu 0x63000550,%xmm5
  'f30f6f342560050063', // movdqu 0x63000560,%xmm6
  'f30f6f3c2570050063', // movdqu 0x63000570,%xmm7
  'f3440f6f042580050063', // movdqu 0x63000580,%xmm8
  'f3440f6f0c2590050063', // movdqu 0x63000590,%xmm9
  'f3440f6f1425a0050063', // movdqu 0x630005a0,%xmm10
  'f3440f6f1c25b0050063', // movdqu 0x630005b0,%xmm11
  'f3440f6f2425c0050063', // movdqu 0x630005c0,%xmm12
  'f3440f6f2c25d0050063', // movdqu 0x630005d0,%xmm13
  'f3440f6f3425e0050063', // movdqu 0x630005e0,%xmm14
  'f3440f6f3c25f0050063', // movdqu 0x630005f0,%xmm15
  'bc00060063', // mov $0x63000600,%esp
  '488b042500040063', // mov 0x63000400,%rax
  '488b1c2508040063', // mov 0x63000408,%rbx
  '488b0c2510040063', // mov 0x63000410,%rcx
  '488b142518040063', // mov 0x63000418,%rdx
  '488b342520040063', // mov 0x63000420,%rsi
  '488b3c2528040063', // mov 0x63000428,%rdi
  '488b2c2530040063', // mov 0x63000430,%rbp
  '4c8b042538040063', // mov 0x63000438,%r8
  '4c8b0c2540040063', // mov 0x63000440,%r9
  '4c8b142548040063', // mov 0x63000448,%r10
  '4c8b1c2550040063', // mov 0x63000450,%r11
  '4c8b242558040063', // mov 0x63000458,%r12
  '4c8b2c2560040063', // mov 0x63000460,%r13
  '4c8b342568040063', // mov 0x63000468,%r14
  '4c8b3c2570040063', // mov 0x63000470,%r15
  '48cf', // iretq
].join('');

// handler(signal, info, context): keep the state of the context, and let it go on at RECOVER
const HANDLER = [
  '48893c2508000063', // mov %rdi,0x63000008
  '488d7228', // lea 0x28(%rdx),%rsi
  'bf00010063', // mov $0x63000100,%edi
  'b917000000', // mov $0x17,%ecx
  'fc', // cld
  'f348a5', // rep movsq %ds:(%rsi),%es:(%rdi)
  '488bb2e0000000', // mov 0xe0(%rdx),%rsi
  '8b4618', // mov 0x18(%rsi),%eax
  '4889042500030063', // mov %rax,0x63000300
  '4881c6a0000000', // add $0xa0,%rsi
  'bf00020063', // mov $0x63000200,%edi
  'b920000000', // mov $0x20,%ecx
  'f348a5', // rep movsq %ds:(%rsi),%es:(%rdi)
  '488b042500000063', // mov 0x63000000,%rax
  '488982a0000000', // mov %rax,0xa0(%rdx)
  '48c782a800000000040064', // movq $0x64000400,0xa8(%rdx)
  '48c782b000000002020000', // movq $0x202,0xb0(%rdx)
  'c3', // ret
].join('');

const RECOVER = [
  'dbe3', // fninit
  '0fae142500070063', // ldmxcsr 0x63000700
  'fc', // cld
  '9d', // popf
  '415f', // pop %r15
  '415e', // pop %r14
  '415d', // pop %r13
  '415c', // pop %r12
  '5d', // pop %rbp
  '5b', // pop %rbx
  'c3', // ret
].join('');

/** The page that code, the handler and this process share, as the comment above says. */
export const control = map(CONTROL, 4096);
const stubs = map(STUBS, 4096);
/** The same in words of 8 bytes. */
export const words = new BigUint64Array(control.buffer, control.byteOffset, control.length / 8);
stubs.set(Buffer.from(ENTER, 'hex'), 0);
stubs.set(Buffer.from(HANDLER, 'hex'), 0x200);
stubs.set(Buffer.from(RECOVER, 'hex'), 0x400);
/** Run from the state in `control`, up to the first signal. */
export const enter = koffi.decode(BigInt(STUBS), koffi.proto('void enter()'));

const stack = new BigUint64Array(3);
stack[0] = BigInt(koffi.address(mmap(0, 1 << 17, 3, 0x22, -1, 0)));
stack[2] = BigInt(1 << 17);
if (sigaltstack(stack, null) !== 0) throw new Error('sigaltstack failed');
const action = new Uint8Array(152);
new DataView(action.buffer).setBigUint64(0, BigInt(STUBS + 0x200), true);
new DataView(action.buffer).setUint32(136, 0x4 | 0x08000000 | 0x40000000, true); // SA_SIGINFO, SA_ONSTACK, SA_NODEFER
for (const number of SIGNALS) if (sigaction(number, action, null) !== 0) throw new Error('sigaction failed');
