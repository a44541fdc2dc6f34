# _raw_spin_unlock(), Linux 3.0.101, kernel/spinlock.c: our own assembly of its behaviour.
# Serves the next ticket. Touches the flags only.
	.globl	_raw_spin_unlock
_raw_spin_unlock:
	incw	(%rdi)
	ret
	.org	0x10,0x90
