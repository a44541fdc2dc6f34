# up_write(), Linux 3.0.101, kernel/rwsem.c: our own assembly of its behaviour.
# The count loses RWSEM_ACTIVE_WRITE_BIAS; below zero somebody waits.
	.globl	up_write
up_write:
	mov	$0xffffffff,%edx	# -RWSEM_ACTIVE_WRITE_BIAS
	mov	%rdi,%rax
	lock xadd	%rdx,(%rax)
	js	1f
	ret
1:	call	call_rwsem_wake		# the semaphore in RAX, the old count in RDX
	ret
	.org	0x20,0x90
