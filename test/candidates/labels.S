/* In assembly: the function is not the first, and a helper has the name of a kernel function. */
#define LENGTH 5

	.text
	.type	convert_delimiter, @function
convert_delimiter:
	.cfi_startproc
	movb	$'.', (%rdi)
	ret
	.cfi_endproc
	.size	convert_delimiter, . - convert_delimiter

	.globl	cifs_build_path_to_root
	.type	cifs_build_path_to_root, @function
cifs_build_path_to_root:
	.cfi_startproc
	push	%rbx
	.cfi_adjust_cfa_offset 8
	mov	$LENGTH, %edi
	mov	$0xd0, %esi
	call	__kmalloc
	mov	%rax, %rbx
	test	%rax, %rax
	je	1f
	mov	text(%rip), %eax
	mov	%eax, (%rbx)
	movb	$0, 4(%rbx)
	mov	%rbx, %rdi
	call	convert_delimiter
1:	mov	%rbx, %rax
	pop	%rbx
	.cfi_adjust_cfa_offset -8
	ret
	.cfi_endproc
	.size	cifs_build_path_to_root, . - cifs_build_path_to_root

	.section .rodata
text:	.ascii "/abc"
