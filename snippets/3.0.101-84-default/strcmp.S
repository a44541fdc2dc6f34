# strcmp(), Linux 3.0.101, lib/string.c: our own assembly of its behaviour.
# Bytes compare unsigned; the result is -1, 0 or 1.
	.globl	strcmp
strcmp:
1:	movzbl	(%rdi),%eax
	movzbl	(%rsi),%ecx
	cmp	%cl,%al
	jne	2f
	add	$0x1,%rdi
	add	$0x1,%rsi
	test	%al,%al
	jne	1b
	xor	%eax,%eax
	ret
2:	sbb	%eax,%eax		# -1 if below, else 0
	or	$0x1,%eax
	ret
	.org	0x30,0x90
