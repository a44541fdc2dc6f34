# idr_find(), Linux 3.0.101, lib/idr.c: our own assembly of its behaviour.
# Which register holds what when it returns is as found for the crashed kernel:
#   R9 the top layer, RDX its number; too large an id: RCX and RDI (layer + 1) * 6, R8 untouched;
#   a walk: RDI the last layer, R8 its shift, RCX what its slot holds, RDX the shift expected below the top.
	.globl	idr_find
idr_find:
	mov	(%rdi),%r9		# p = idp->top
	test	%r9,%r9
	je	5f
	mov	0x20c(%r9),%edx		# p->layer
	lea	0x3(%rdx,%rdx,2),%ecx
	add	%ecx,%ecx		# n = (p->layer + 1) * IDR_BITS
	mov	%ecx,%edi
	and	$0x7fffffff,%esi	# id &= MAX_ID_MASK
	mov	$0x1,%eax
	shl	%cl,%eax
	cmp	%eax,%esi		# id >= 1 << n
	jge	5f
	test	%ecx,%ecx
	je	6f
	jl	4f			# n > 0, or p is the answer
	mov	%r9,%rdi
	lea	-0x6(%rcx),%r8d		# the top layer's shift is right by construction
1:	mov	%r8d,%ecx
	mov	%esi,%eax
	sar	%cl,%eax
	and	$0x3f,%eax
	mov	0x8(%rdi,%rax,8),%rcx	# p->ary[(id >> n) & IDR_MASK]
	test	%r8d,%r8d
	je	3f			# that was a leaf
	test	%rcx,%rcx
	je	3f
	lea	-0x6(%r8),%edx		# n -= IDR_BITS
	mov	0x20c(%rcx),%eax
	lea	(%rax,%rax,2),%r8d
	add	%r8d,%r8d
	cmp	%edx,%r8d
	jne	2f
	mov	%rcx,%rdi
	jmp	1b
2:	ud2				# BUG_ON(n != p->layer*IDR_BITS)
0:	jmp	0b
3:	mov	%rcx,%rax
	ret
4:	mov	%r9,%rax
	ret
5:	xor	%eax,%eax
	ret
6:	ud2				# BUG_ON(n == 0)
7:	jmp	7b
	.org	0xa0,0x90
