# memset(), Linux 3.0.101, arch/x86/lib/memset_64.S: our own assembly of its behaviour.
# A byte at a time, upward: each access carries its own address.
	.globl	memset
memset:
	mov	%rdi,%rax		# return s
	xor	%r8d,%r8d
	jmp	2f
1:	mov	%sil,(%rdi,%r8,1)
	add	$0x1,%r8
2:	cmp	%rdx,%r8
	jne	1b
	ret
	.org	0x20,0x90
