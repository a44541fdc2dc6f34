# shm_close(), Linux 3.0.101, ipc/shm.c. Published up to +0x52; our own assembly from there on.
# Offsets: vm_file 0x98, private_data 0xa0, ns 0x8, ids[2] 0x98, its rw_mutex 0xa0 (golden listing);
# group_leader 0x2d8 and thread_pid 0x320 of task_struct are invented (src/kernel/structs/task.ts).
	.globl	shm_close
shm_close:
	push	%r12
	push	%rbp
	push	%rbx
	mov	0x98(%rdi),%rax		# file = vma->vm_file
	mov	0xa0(%rax),%rbx		# sfd = file->private_data
	mov	0x8(%rbx),%rbp		# ns = sfd->ns
	lea	0xa0(%rbp),%r12		# &shm_ids(ns).rw_mutex
	mov	%r12,%rdi
	call	down_write
	mov	(%rbx),%esi		# sfd->id
	lea	0x98(%rbp),%rdi		# &shm_ids(ns)
	call	ipc_lock
	cmp	$0xfffffffffffff000,%rax
	mov	%rax,%rbx		# shp
	jbe	1f
	ud2				# BUG_ON(IS_ERR(shp))
0:	jmp	0b
	.byte	0x66,0x0f,0x1f,0x44,0x00,0x00	# the published padding; gas would choose a shorter no-op
1:	mov	%gs:0xa600,%rax		# current; the published dump ends two bytes behind this
	mov	0x2d8(%rax),%rax	# ->group_leader
	mov	0x320(%rax),%rdi	# ->pids[PIDTYPE_PID].pid
	call	pid_vnr
	mov	%eax,0x6c(%rbx)		# shp->shm_lprid
	call	get_seconds
	mov	%rax,0x58(%rbx)		# shp->shm_dtim
	decq	0x40(%rbx)		# shp->shm_nattch
	jne	2f
	testb	$0x2,0x21(%rbx)		# SHM_DEST, second byte of shm_perm.mode
	je	2f
	mov	%rbx,%rsi
	mov	%rbp,%rdi
	call	shm_destroy		# releases the lock itself
	nop				# ff eb, from the call into the jump, would be one that Unicorn 2.0 does not survive
	jmp	3f
2:	mov	%rbx,%rdi
	call	_raw_spin_unlock
3:	mov	%r12,%rdi
	call	up_write
	pop	%rbx
	pop	%rbp
	pop	%r12
	ret
	.org	0xb0,0x90
