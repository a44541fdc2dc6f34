# s_show(), Linux 3.0.101, mm/slab.c: our own assembly of its behaviour. One line of /proc/slabinfo.
# One node: nodelists[0] alone. Offsets of struct kmem_cache are invented (src/kernel/structs/slab.ts).
# Left out: printk() of an accounting error (R15 says which of five was met first), statistics of CONFIG_DEBUG_SLAB.
# The first read of a slab is 3b …, not 39 …: an oops there prints <3b>, and 3.0's printk() takes <39> for a level.
# The formats' addresses are invented, and nothing lies there: seq_printf() is a stub that does not read them.
	.globl	s_show
s_show:
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%rbp
	push	%rbx
	sub	$0x28,%rsp
	mov	%rdi,%r12		# m
	lea	-0x58(%rsi),%rbx	# cachep = list_entry(p, struct kmem_cache, next)
	xor	%r13d,%r13d		# active_objs
	xor	%r14d,%r14d		# active_slabs
	xor	%r15d,%r15d		# error
	movq	$0x0,0x10(%rsp)		# num_slabs
	movq	$0x0,0x18(%rsp)		# shared_avail
	movq	$0x0,0x20(%rsp)		# free_objects
	mov	0x68(%rbx),%rbp		# l3 = cachep->nodelists[0]
	test	%rbp,%rbp
	je	6f
	cli				# spin_lock_irq(&l3->list_lock)
	lea	0x40(%rbp),%rdi
	call	_raw_spin_lock
	mov	0x18(%rbx),%edx		# num

	lea	0x10(%rbp),%rcx		# slabs_full
	mov	(%rcx),%rax
	jmp	3f
1:	cmp	0x20(%rax),%edx		# slabp->inuse != cachep->num
	je	2f
	test	%r15d,%r15d
	jne	2f
	mov	$0x1,%r15d		# slabs_full accounting error
2:	add	%rdx,%r13
	add	$0x1,%r14
	mov	(%rax),%rax
3:	cmp	%rcx,%rax
	jne	1b

	mov	0x0(%rbp),%rax		# slabs_partial
	jmp	4f
1:	mov	0x20(%rax),%ecx
	cmp	%edx,%ecx
	jne	2f
	test	%r15d,%r15d
	jne	3f
	mov	$0x2,%r15d		# slabs_partial inuse accounting error
2:	test	%ecx,%ecx
	jne	3f
	test	%r15d,%r15d
	jne	3f
	mov	$0x3,%r15d		# slabs_partial/inuse accounting error
3:	add	%rcx,%r13
	add	$0x1,%r14
	mov	(%rax),%rax
4:	cmp	%rbp,%rax
	jne	1b

	lea	0x20(%rbp),%rcx		# slabs_free
	mov	(%rcx),%rax
	jmp	3f
1:	cmpl	$0x0,0x20(%rax)
	je	2f
	test	%r15d,%r15d
	jne	2f
	mov	$0x4,%r15d		# slabs_free/inuse accounting error
2:	addq	$0x1,0x10(%rsp)
	mov	(%rax),%rax
3:	cmp	%rcx,%rax
	jne	1b

	mov	0x30(%rbp),%rax
	mov	%rax,0x20(%rsp)		# l3->free_objects
	mov	0x48(%rbp),%rax		# l3->shared
	test	%rax,%rax
	je	5f
	mov	(%rax),%eax
	mov	%rax,0x18(%rsp)		# its avail
5:	lea	0x40(%rbp),%rdi		# spin_unlock_irq()
	call	_raw_spin_unlock
	sti

6:	add	%r14,0x10(%rsp)		# num_slabs += active_slabs
	mov	0x18(%rbx),%r8d
	imul	0x10(%rsp),%r8		# num_objs
	mov	%r8,%rax
	sub	%r13,%rax
	cmp	0x20(%rsp),%rax
	je	7f
	test	%r15d,%r15d
	jne	7f
	mov	$0x5,%r15d		# free_objects accounting error
7:	mov	0x1c(%rbx),%ecx
	mov	$0x1,%eax
	shl	%cl,%eax
	mov	%eax,0x8(%rsp)		# 1 << gfporder
	mov	0x18(%rbx),%eax
	mov	%eax,(%rsp)		# num
	mov	0xc(%rbx),%r9d		# buffer_size
	mov	%r13,%rcx
	mov	0x50(%rbx),%rdx		# name
	mov	$-0x7e85a3c0,%rsi	# "%-17s %6lu %6lu %6u %4u %4d"
	mov	%r12,%rdi
	xor	%eax,%eax
	call	seq_printf
	mov	0x8(%rbx),%r8d		# shared
	mov	0x0(%rbx),%ecx		# batchcount
	mov	0x4(%rbx),%edx		# limit
	mov	$-0x7e85a3a0,%rsi	# " : tunables %4u %4u %4u"
	mov	%r12,%rdi
	xor	%eax,%eax
	call	seq_printf
	mov	0x18(%rsp),%r8
	mov	0x10(%rsp),%rcx
	mov	%r14,%rdx
	mov	$-0x7e85a388,%rsi	# " : slabdata %6lu %6lu %6lu"
	mov	%r12,%rdi
	xor	%eax,%eax
	call	seq_printf
	mov	$0xa,%esi
	mov	%r12,%rdi
	call	seq_putc
	xor	%eax,%eax
	add	$0x28,%rsp
	pop	%rbx
	pop	%rbp
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	ret
	.org	0x1b0,0x90
