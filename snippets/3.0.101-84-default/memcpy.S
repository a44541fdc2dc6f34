# memcpy(), Linux 3.0.101, arch/x86/lib/memcpy_64.S: our own assembly of its behaviour.
# A byte at a time, upward: each access carries its own address.
	.globl	memcpy
memcpy:
	mov	%rdi,%rax		# return to
	xor	%r8d,%r8d
	jmp	2f
1:	movzbl	(%rsi,%r8,1),%ecx
	mov	%cl,(%rdi,%r8,1)
	add	$0x1,%r8
2:	cmp	%rdx,%r8
	jne	1b
	ret
	.org	0x20,0x90
