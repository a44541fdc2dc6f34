# strlen(), Linux 3.0.101, lib/string.c: our own assembly of its behaviour.
	.globl	strlen
strlen:
	mov	%rdi,%rax
	jmp	2f
1:	add	$0x1,%rax
2:	cmpb	$0x0,(%rax)
	jne	1b
	sub	%rdi,%rax
	ret
	.org	0x20,0x90
