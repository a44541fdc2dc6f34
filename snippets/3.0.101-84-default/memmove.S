# memmove(), Linux 3.0.101, arch/x86/lib/memmove_64.S: our own assembly of its behaviour.
# A byte at a time: downward where dest lies in the source, else upward.
	.globl	memmove
memmove:
	mov	%rdi,%rax		# return dest
	mov	%rdi,%rcx
	sub	%rsi,%rcx
	cmp	%rdx,%rcx		# dest - src below count: dest lies in the source
	jb	4f
	xor	%r8d,%r8d
	jmp	2f
1:	movzbl	(%rsi,%r8,1),%ecx
	mov	%cl,(%rdi,%r8,1)
	add	$0x1,%r8
2:	cmp	%rdx,%r8
	jne	1b
	ret
3:	movzbl	(%rsi,%rdx,1),%ecx
	mov	%cl,(%rdi,%rdx,1)
4:	sub	$0x1,%rdx
	jae	3b
	ret
	.org	0x40,0x90
