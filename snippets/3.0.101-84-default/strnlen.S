# strnlen(), Linux 3.0.101, lib/string.c: our own assembly of its behaviour. Reads at most count bytes.
	.globl	strnlen
strnlen:
	xor	%eax,%eax
1:	cmp	%rsi,%rax
	je	2f
	cmpb	$0x0,(%rdi,%rax,1)
	je	2f
	add	$0x1,%rax
	jmp	1b
2:	ret
	.org	0x20,0x90
