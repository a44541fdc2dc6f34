# strlcpy(), Linux 3.0.101, lib/string.c: our own assembly of its behaviour.
# Reads the source to its NUL, whatever the size; writes at most size bytes, of which the last is a NUL.
	.globl	strlcpy
strlcpy:
	xor	%eax,%eax		# return strlen(src)
	jmp	2f
1:	add	$0x1,%rax
2:	cmpb	$0x0,(%rsi,%rax,1)
	jne	1b
	test	%rdx,%rdx
	je	6f
	sub	$0x1,%rdx		# len = min(size - 1, strlen(src))
	cmp	%rdx,%rax
	cmovb	%rax,%rdx
	xor	%r8d,%r8d
	jmp	4f
3:	movzbl	(%rsi,%r8,1),%ecx
	mov	%cl,(%rdi,%r8,1)
	add	$0x1,%r8
4:	cmp	%rdx,%r8
	jne	3b
	movb	$0x0,(%rdi,%rdx,1)
6:	ret
	.org	0x40,0x90
