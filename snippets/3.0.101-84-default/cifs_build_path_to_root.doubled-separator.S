# cifs_build_path_to_root(), Linux 3.0.101, fs/cifs/inode.c, with a change: our own assembly.
# The code of Linux 3.8, whose prefix paths begin without a separator, with those of 3.0, which begin with one.
# All else is as in cifs_build_path_to_root.S.
# Offsets are invented (src/kernel/structs/cifs.ts): prepath 0x1b8, mnt_cifs_flags 0x78, treeName 0x30, Flags 0xf8.
	.globl	cifs_build_path_to_root
cifs_build_path_to_root:
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%rbp
	push	%rbx
	sub	$0x8,%rsp
	mov	%rsi,%r15		# cifs_sb
	mov	%rdx,%r14		# tcon
	mov	0x1b8(%rdi),%r13	# vol->prepath
	test	%r13,%r13
	je	5f
	mov	%r13,%rdi
	call	strlen
	mov	%eax,%ebp		# pplen
	test	%eax,%eax
	je	5f
	xor	%r12d,%r12d		# dfsplen = 0
	testb	$0x2,0xf8(%r14)		# SMB_SHARE_IS_IN_DFS
	je	1f
	lea	0x30(%r14),%rdi
	mov	$100,%esi		# MAX_TREE_SIZE + 1
	call	strnlen
	mov	%eax,%r12d		# dfsplen
1:	lea	0x2(%r12,%rbp,1),%edi	# dfsplen + strlen(prepath) + 1, and 1
	movslq	%edi,%rdi
	mov	$0xd0,%esi		# GFP_KERNEL
	call	__kmalloc
	mov	%rax,%rbx		# full_path
	test	%rax,%rax
	je	4f
	test	%r12d,%r12d
	je	2f
	movslq	%r12d,%rdx
	lea	0x30(%r14),%rsi
	mov	%rax,%rdi
	call	strncpy			# writes no NUL: the count is the length
2:	movslq	%r12d,%rdi
	add	%rbx,%rdi
	testb	$0x40,0x78(%r15)	# CIFS_MOUNT_POSIX_PATHS
	mov	$0x2f,%ecx
	jne	9f
	mov	$0x5c,%ecx
9:	mov	%cl,(%rdi)		# full_path[dfsplen] = separator
	add	$0x1,%rdi
	add	$0x1,%ebp		# pplen of 3.8: with the NUL
	movslq	%ebp,%rdx
	mov	%r13,%rsi
	call	strncpy			# full_path + dfsplen + 1
	testb	$0x40,0x78(%r15)	# CIFS_MOUNT_POSIX_PATHS
	mov	$0x2f,%esi
	jne	3f
	mov	$0x5c,%esi
3:	mov	%rbx,%rdi
	call	convert_delimiter	# stops at the NUL
	lea	(%r12,%rbp,1),%eax
	cltq
	movb	$0x0,(%rbx,%rax,1)	# full_path[dfsplen + pplen] = 0
4:	mov	%rbx,%rax
	add	$0x8,%rsp
	pop	%rbx
	pop	%rbp
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	ret
5:	mov	$0x1,%edi		# no prefix path: an empty string
	mov	$0xd0,%esi
	call	__kmalloc
	mov	%rax,%rbx
	test	%rax,%rax
	je	4b
	movb	$0x0,(%rax)
	jmp	4b
	.org	0x120,0x90
