# strcpy(), Linux 3.0.101, lib/string.c: our own assembly of its behaviour.
	.globl	strcpy
strcpy:
	mov	%rdi,%rax		# return dest
1:	movzbl	(%rsi),%ecx
	mov	%cl,(%rdi)
	add	$0x1,%rsi
	add	$0x1,%rdi
	test	%cl,%cl
	jne	1b
	ret
	.org	0x20,0x90
