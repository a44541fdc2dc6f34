# strcat(), Linux 3.0.101, lib/string.c: our own assembly of its behaviour.
	.globl	strcat
strcat:
	mov	%rdi,%rax		# return dest
	jmp	2f
1:	add	$0x1,%rdi
2:	cmpb	$0x0,(%rdi)
	jne	1b
3:	movzbl	(%rsi),%ecx
	mov	%cl,(%rdi)
	add	$0x1,%rsi
	add	$0x1,%rdi
	test	%cl,%cl
	jne	3b
	ret
	.org	0x30,0x90
