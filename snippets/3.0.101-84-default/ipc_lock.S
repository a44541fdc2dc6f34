# ipc_lock(), Linux 3.0.101, ipc/util.c: our own assembly of its behaviour.
# The remainder is computed without RDX, and RSI keeps it: what the oops says of both needs that.
	.globl	ipc_lock
ipc_lock:
	push	%rbx
	mov	%esi,%eax		# lid = id % IPCMNI, with C's sign
	sar	$31,%eax
	and	$0x7fff,%eax
	add	%eax,%esi
	and	$0x7fff,%esi
	sub	%eax,%esi
	add	$0x28,%rdi		# &ids->ipcs_idr
	call	idr_find
	test	%rax,%rax
	mov	%rax,%rbx
	je	2f
	mov	%rax,%rdi		# the perm's lock is its first field
	call	_raw_spin_lock
	mov	0x4(%rbx),%edx		# perm->deleted
	test	%edx,%edx
	jne	1f
	mov	%rbx,%rax
	pop	%rbx
	ret
1:	mov	%rbx,%rdi
	call	_raw_spin_unlock
2:	mov	$-22,%rax		# ERR_PTR(-EINVAL)
	pop	%rbx
	ret
	.org	0x60,0x90
