# strrchr(), Linux 3.0.101, lib/string.c: our own assembly of its behaviour.
# One pass, where the kernel goes to the end and comes back: the same bytes are read. The NUL is part of the string.
	.globl	strrchr
strrchr:
	xor	%eax,%eax
1:	movzbl	(%rdi),%ecx
	cmp	%sil,%cl
	cmove	%rdi,%rax
	add	$0x1,%rdi
	test	%cl,%cl
	jne	1b
	ret
	.org	0x20,0x90
