# _raw_spin_lock(), Linux 3.0.101, kernel/spinlock.c: our own assembly of its behaviour.
# A ticket lock with 16-bit halves: low is served now, high is the next ticket. Touches RAX and the flags only.
	.globl	_raw_spin_lock
_raw_spin_lock:
	mov	$0x10000,%eax
	lock xadd	%eax,(%rdi)
	shr	$16,%eax		# my ticket
1:	cmp	%ax,(%rdi)
	je	2f
	pause
	jmp	1b
2:	ret
	.org	0x20,0x90
