# memcmp(), Linux 3.0.101, lib/string.c: our own assembly of its behaviour.
# The result is the difference of the first two bytes that differ.
	.globl	memcmp
memcmp:
	xor	%r8d,%r8d
1:	xor	%eax,%eax
	cmp	%rdx,%r8
	je	2f
	movzbl	(%rdi,%r8,1),%eax
	movzbl	(%rsi,%r8,1),%ecx
	add	$0x1,%r8
	sub	%ecx,%eax
	je	1b
2:	ret
	.org	0x30,0x90
