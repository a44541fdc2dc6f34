# down_write(), Linux 3.0.101, kernel/rwsem.c: our own assembly of its behaviour.
# Free semaphore: RDX is the old count (0), RAX the semaphore, nothing else changes.
	.globl	down_write
down_write:
	movabs	$0xffffffff00000001,%rdx	# RWSEM_ACTIVE_WRITE_BIAS
	mov	%rdi,%rax
	lock xadd	%rdx,(%rax)
	test	%rdx,%rdx
	jne	1f
	ret
1:	call	call_rwsem_down_write_failed	# the semaphore in RAX
	ret
	.org	0x20,0x90
