# convert_delimiter(), Linux 3.0.101, fs/cifs/cifsglob.h: our own assembly of its behaviour.
# Inline in the real kernel; a function of its own here, so that its accesses carry its name.
# One read per byte; a write only where it changes one. No bound but the NUL.
	.globl	convert_delimiter
convert_delimiter:
	test	%rdi,%rdi
	je	4f
	mov	$0x2f,%eax		# old_delim = '/'
	mov	$0x5c,%ecx
	cmp	$0x2f,%sil
	cmove	%ecx,%eax		# '\' if delim is '/'
	jmp	3f
1:	cmp	%al,%cl
	jne	2f
	mov	%sil,(%rdi)
2:	add	$0x1,%rdi
3:	movzbl	(%rdi),%ecx
	test	%cl,%cl
	jne	1b
4:	ret
	.org	0x30,0x90
