# remove_vma(), Linux 3.0.101, mm/mmap.c. Published up to +0x2a; our own assembly from there on.
	.globl	remove_vma
remove_vma:
	push	%rbp
	push	%rbx
	mov	%rdi,%rbx		# vma
	sub	$0x8,%rsp
	mov	0x88(%rdi),%rax		# vma->vm_ops
	mov	0x18(%rdi),%rbp		# next = vma->vm_next
	test	%rax,%rax
	je	1f
	mov	0x8(%rax),%rax		# ->close
	test	%rax,%rax
	je	1f
	call	*%rax
1:	mov	0x98(%rbx),%rdi		# vma->vm_file
	test	%rdi,%rdi
	je	2f
	call	fput
	testb	$0x10,0x31(%rbx)	# VM_EXECUTABLE, second byte of vm_flags
	je	2f
	mov	(%rbx),%rdi		# vma->vm_mm
	call	removed_exe_file_vma
2:	mov	0xa8(%rbx),%rdi		# vma->vm_policy
	test	%rdi,%rdi
	je	3f
	call	__mpol_put
3:	mov	vm_area_cachep(%rip),%rdi
	mov	%rbx,%rsi
	call	kmem_cache_free
	mov	%rbp,%rax		# return next
	add	$0x8,%rsp
	pop	%rbx
	pop	%rbp
	ret
	.org	0x80,0x90
