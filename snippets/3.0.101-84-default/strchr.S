# strchr(), Linux 3.0.101, lib/string.c: our own assembly of its behaviour.
# The NUL is part of the string: strchr(s, 0) finds it.
	.globl	strchr
strchr:
	mov	%rdi,%rax
1:	movzbl	(%rax),%ecx
	cmp	%sil,%cl
	je	2f
	add	$0x1,%rax
	test	%cl,%cl
	jne	1b
	xor	%eax,%eax
2:	ret
	.org	0x20,0x90
