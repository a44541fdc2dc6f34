# strncpy(), Linux 3.0.101, lib/string.c: our own assembly of its behaviour.
# Writes exactly count bytes: the source up to its NUL, then NULs. No NUL when the source has count bytes or more.
	.globl	strncpy
strncpy:
	mov	%rdi,%rax		# return dest
	mov	%rdi,%rcx
	test	%rdx,%rdx
	je	2f
1:	movzbl	(%rsi),%r8d
	mov	%r8b,(%rcx)
	cmp	$0x1,%r8b		# carry: it was the NUL
	sbb	$-1,%rsi		# the source stays on its NUL
	add	$0x1,%rcx
	sub	$0x1,%rdx
	jne	1b
2:	ret
	.org	0x30,0x90
