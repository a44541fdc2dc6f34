// C of the kernel's kind, to hold names against the DWARF of two compilers: objects that embed what others know of them,
// lists, trees, tables of callbacks, private data, unions, error pointers, inlined helpers. It is compiled, never run.
// SUBSYSTEM writes the same functions for other structs; those after it are there once.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef unsigned long size_t;

#define NULL ((void *)0)
#define noinline __attribute__((noinline))
#define offsetof(type, member) __builtin_offsetof(type, member)
#define container_of(at, type, member) ((type *)((char *)(at) - offsetof(type, member)))
#define list_entry(at, type, member) container_of(at, type, member)
#define list_for_each_entry(at, head, member) \
  for (at = list_entry((head)->next, __typeof__(*at), member); &at->member != (head); \
       at = list_entry(at->member.next, __typeof__(*at), member))
#define list_for_each_entry_safe(at, after, head, member) \
  for (at = list_entry((head)->next, __typeof__(*at), member), after = list_entry(at->member.next, __typeof__(*at), member); \
       &at->member != (head); at = after, after = list_entry(after->member.next, __typeof__(*after), member))
#define IS_ERR(at) ((u64)(at) >= (u64)-4095)
#define ERR_PTR(number) ((void *)(long)(number))
#define PTR_ERR(at) ((long)(at))
#define WRITE_ONCE(at, value) (*(volatile __typeof__(at) *)&(at) = (value))
#define READ_ONCE(at) (*(volatile __typeof__(at) *)&(at))

struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };
struct rb_node { u64 parent_color; struct rb_node *rb_right, *rb_left; };
struct rb_root { struct rb_node *rb_node; };
struct kref { int refcount; };
struct mutex { u64 owner; u32 wait_lock; struct list_head wait_list; };
struct work_struct { u64 data; struct list_head entry; void (*func)(struct work_struct *work); };
struct timer_list { struct hlist_node entry; u64 expires; void (*function)(struct timer_list *timer); u32 flags; };
struct device;
struct device_ops { int (*probe)(struct device *dev); void (*remove)(struct device *dev); long (*ioctl)(struct device *dev, u32 cmd, void *arg); };
struct device {
  struct kref ref; struct device *parent; const char *name; const struct device_ops *ops;
  void *driver_data; struct list_head children, sibling; struct mutex lock; u32 state; u16 major, minor;
};
struct super_block { u32 s_flags; u64 s_maxbytes; struct device *s_dev; void *s_fs_info; struct list_head s_inodes; u8 s_id[16]; };
struct inode {
  u16 i_mode; u32 i_uid; struct super_block *i_sb; u64 i_ino, i_size; struct list_head i_list; struct mutex i_lock;
  union { struct device *i_rdev; struct work_struct *i_work; u64 i_generation; }; void *i_private; int i_count;
};
struct file;
struct file_operations {
  int (*open)(struct inode *inode, struct file *file); int (*release)(struct inode *inode, struct file *file);
  long (*read)(struct file *file, char *buffer, size_t size, u64 *pos); long (*ioctl)(struct file *file, u32 cmd, u64 arg);
};
struct file { const struct file_operations *f_op; struct inode *f_inode; void *private_data; u64 f_pos; u32 f_flags; struct mutex f_lock; };
struct task_struct { u64 state; void *stack; struct file **files; struct task_struct *parent; struct list_head tasks; int pid; char comm[16]; };
struct seq_file { char *buf; size_t size, from, count; struct file *file; void *private; };
struct msg { u16 type, length; union { struct { u64 at; u32 length; } read; struct { struct inode *inode; u64 value; } write; u8 raw[24]; } u; struct msg *next; };

extern void *allocate(size_t size, u32 flags);
extern void release(const void *at);
extern int print(const char *format, ...);
extern void lock_slow(struct mutex *lock);
extern void *memcpy(void *to, const void *from, size_t size);
extern struct task_struct *current_task;
extern u64 jiffies;

static inline void mutex_lock(struct mutex *lock) { if (__sync_val_compare_and_swap(&lock->owner, 0, (u64)current_task) != 0) lock_slow(lock); }
static inline void mutex_unlock(struct mutex *lock) { WRITE_ONCE(lock->owner, 0); }
static inline void kref_get(struct kref *ref) { __sync_fetch_and_add(&ref->refcount, 1); }
static inline int kref_put(struct kref *ref, void (*done)(struct kref *ref)) { if (__sync_sub_and_fetch(&ref->refcount, 1)) return 0; done(ref); return 1; }
static inline void init_list(struct list_head *list) { list->next = list; list->prev = list; }
static inline void list_add(struct list_head *entry, struct list_head *head) {
  struct list_head *next = head->next; next->prev = entry; entry->next = next; entry->prev = head; WRITE_ONCE(head->next, entry);
}
static inline void list_del(struct list_head *entry) { entry->next->prev = entry->prev; entry->prev->next = entry->next; entry->next = NULL; }
static inline int list_empty(const struct list_head *head) { return READ_ONCE(head->next) == head; }
static inline void hlist_add(struct hlist_node *node, struct hlist_head *head) {
  struct hlist_node *first = head->first; node->next = first; if (first) first->pprev = &node->next; head->first = node; node->pprev = &head->first;
}
static inline struct rb_node *rb_parent(const struct rb_node *node) { return (struct rb_node *)(node->parent_color & ~3UL); }

void rb_link(struct rb_node *node, struct rb_node *parent, struct rb_node **link);
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);

/** The functions of a subsystem: X its name, KEY the type of its keys, BEFORE and AFTER bytes that move its fields. */
#define SUBSYSTEM(X, KEY, BEFORE, AFTER, SLOTS) \
struct X##_info; struct X##_entry; \
struct X##_stats { u64 hits, misses; u32 errors, last; }; \
struct X##_slot { struct X##_entry *owner; KEY key; u16 used; u8 state, tag; }; \
struct X##_ops { int (*match)(struct X##_info *info, KEY key); void (*drop)(struct X##_entry *entry); int (*compare)(const void *one, const void *other); }; \
struct X##_entry { \
  u8 before[BEFORE]; struct list_head list; struct rb_node node; struct hlist_node hash; KEY key; u32 flags; \
  struct X##_info *info; struct X##_stats stats; void *data; struct kref ref; \
}; \
struct X##_info { \
  struct super_block *sb; u8 after[AFTER]; struct list_head entries; struct rb_root tree; struct hlist_head buckets[16]; \
  struct X##_slot slots[SLOTS]; const struct X##_ops *ops; struct mutex lock; struct work_struct work; struct timer_list timer; \
  struct X##_stats *stats; u32 count, limit; struct device *dev; u64 flags; \
}; \
struct X##_inode { KEY start; u8 padding[BEFORE]; struct X##_entry *entry; struct inode vfs; struct list_head dirty; u64 blocks; }; \
struct X##_request { struct msg msg; struct X##_entry *entry; int (*done)(struct X##_request *request, int status); int status; }; \
static inline struct X##_inode *X##_I(struct inode *inode) { return container_of(inode, struct X##_inode, vfs); } \
static inline struct X##_info *X##_SB(struct super_block *sb) { return sb->s_fs_info; } \
noinline struct X##_info *X##_info_of(struct inode *inode) { return X##_SB(inode->i_sb); } \
noinline struct X##_entry *X##_find(struct X##_info *info, KEY key) { \
  struct X##_entry *entry; list_for_each_entry(entry, &info->entries, list) if (entry->key == key && !(entry->flags & 4)) return entry; return NULL; } \
noinline struct X##_entry *X##_lookup(struct X##_info *info, KEY key) { \
  struct rb_node *node = info->tree.rb_node; while (node) { struct X##_entry *entry = container_of(node, struct X##_entry, node); \
    if (key < entry->key) node = node->rb_left; else if (key > entry->key) node = node->rb_right; else return entry; } return NULL; } \
noinline void X##_insert(struct X##_info *info, struct X##_entry *entry) { \
  struct rb_node **link = &info->tree.rb_node, *parent = NULL; \
  while (*link) { struct X##_entry *other = container_of(*link, struct X##_entry, node); parent = *link; link = entry->key < other->key ? &parent->rb_left : &parent->rb_right; } \
  rb_link(&entry->node, parent, link); list_add(&entry->list, &info->entries); entry->info = info; info->count++; } \
noinline u64 X##_walk(struct X##_info *info) { \
  u64 sum = 0; struct rb_node *node; for (node = rb_first(&info->tree); node; node = rb_next(node)) sum += container_of(node, struct X##_entry, node)->stats.hits; return sum; } \
noinline struct X##_entry *X##_hashed(struct X##_info *info, KEY key) { \
  struct hlist_node *at; for (at = info->buckets[(u64)key % 16].first; at; at = at->next) { struct X##_entry *entry = container_of(at, struct X##_entry, hash); if (entry->key == key) return entry; } return NULL; } \
noinline void X##_hash(struct X##_entry *entry) { hlist_add(&entry->hash, &entry->info->buckets[(u64)entry->key % 16]); } \
noinline struct X##_entry *X##_alloc(struct X##_info *info, KEY key) { \
  struct X##_entry *entry; if (info->count >= info->limit) return ERR_PTR(-28); entry = allocate(sizeof *entry, 0xc0); if (!entry) return ERR_PTR(-12); \
  entry->key = key; entry->info = info; entry->flags = 0; entry->ref.refcount = 1; init_list(&entry->list); return entry; } \
noinline int X##_get(struct X##_info *info, KEY key, struct X##_entry **into) { \
  struct X##_entry *entry = X##_find(info, key); if (!entry) { entry = X##_alloc(info, key); if (IS_ERR(entry)) return PTR_ERR(entry); X##_insert(info, entry); } \
  kref_get(&entry->ref); *into = entry; entry->stats.hits++; return 0; } \
noinline void X##_done(struct kref *ref) { struct X##_entry *entry = container_of(ref, struct X##_entry, ref); list_del(&entry->list); entry->info->count--; release(entry->data); release(entry); } \
noinline void X##_put(struct X##_entry *entry) { if (entry) kref_put(&entry->ref, X##_done); } \
noinline void X##_clear(struct X##_info *info) { \
  struct X##_entry *entry, *after; mutex_lock(&info->lock); list_for_each_entry_safe(entry, after, &info->entries, list) { list_del(&entry->list); info->ops->drop(entry); } info->count = 0; mutex_unlock(&info->lock); } \
noinline void X##_work(struct work_struct *work) { struct X##_info *info = container_of(work, struct X##_info, work); if (info->flags & 2) X##_clear(info); info->stats->misses += info->count; } \
noinline void X##_timer(struct timer_list *timer) { struct X##_info *info = container_of(timer, struct X##_info, timer); info->stats->last = jiffies; info->timer.expires = jiffies + 250; if (info->count > info->limit / 2) X##_work(&info->work); } \
noinline int X##_open(struct inode *inode, struct file *file) { struct X##_entry *entry; int error = X##_get(X##_info_of(inode), inode->i_ino, &entry); if (error) return error; file->private_data = entry; X##_I(inode)->entry = entry; return 0; } \
noinline int X##_release(struct inode *inode, struct file *file) { struct X##_entry *entry = file->private_data; entry->stats.last = inode->i_size; X##_put(entry); file->private_data = NULL; return 0; } \
noinline long X##_read(struct file *file, char *buffer, size_t size, u64 *pos) { \
  struct X##_entry *entry = file->private_data; struct X##_inode *own = X##_I(file->f_inode); if (*pos >= own->vfs.i_size) return 0; \
  memcpy(buffer, entry->data, size); entry->stats.hits++; *pos += size; own->blocks++; return size; } \
noinline long X##_ioctl(struct file *file, u32 cmd, u64 arg) { \
  struct X##_entry *entry = file->private_data; struct X##_info *info = entry->info; \
  switch (cmd) { case 1: entry->flags |= arg; break; case 2: entry->flags &= ~arg; break; case 3: info->limit = arg; break; case 4: return info->stats->errors; \
    case 5: X##_hash(entry); break; case 6: return entry->stats.misses; case 7: X##_work(&info->work); break; default: info->stats->errors++; return -25; } return 0; } \
noinline int X##_probe(struct device *dev) { struct X##_info *info = allocate(sizeof *info, 0); if (!info) return -12; dev->driver_data = info; info->dev = dev; init_list(&info->entries); info->work.func = X##_work; info->timer.function = X##_timer; return 0; } \
noinline void X##_remove(struct device *dev) { struct X##_info *info = dev->driver_data; X##_clear(info); info->dev = NULL; dev->driver_data = NULL; release(info); } \
noinline int X##_compare(const void *one, const void *other) { const struct X##_slot *a = one, *b = other; if (a->key != b->key) return a->key < b->key ? -1 : 1; return a->tag - b->tag; } \
noinline struct X##_slot *X##_free_slot(struct X##_info *info) { int i; for (i = 0; i < SLOTS; i++) if (!info->slots[i].used) { info->slots[i].used = 1; info->slots[i].state = 2; return &info->slots[i]; } return NULL; } \
noinline int X##_finish(struct X##_request *request, int status) { struct X##_entry *entry = request->entry; request->status = status; if (status < 0) entry->info->stats->errors++; else entry->stats.hits += request->msg.u.read.length; return request->done ? request->done(request, status) : 0; } \
noinline int X##_message(struct X##_info *info, struct msg *msg) { \
  struct X##_request *request = container_of(msg, struct X##_request, msg); if (msg->type == 1) return X##_finish(request, msg->u.read.length); \
  if (msg->type == 2) { msg->u.write.inode->i_size = msg->u.write.value; return X##_finish(request, 0); } info->stats->errors++; return -22; } \
noinline void X##_dirty(struct X##_inode *own) { struct X##_info *info = X##_SB(own->vfs.i_sb); own->vfs.i_count++; own->blocks += own->entry->stats.hits; if (list_empty(&own->dirty)) list_add(&own->dirty, &info->entries); } \
noinline int X##_show(struct seq_file *m, void *v) { struct X##_entry *entry = v; struct X##_info *info = m->private; m->count += print("%u %lu", entry->flags, entry->stats.hits); return info->count > 3; } \
const struct X##_ops X##_ops = { .drop = X##_put, .compare = X##_compare }; \
const struct file_operations X##_file = { .open = X##_open, .release = X##_release, .read = X##_read, .ioctl = X##_ioctl }; \
const struct device_ops X##_device = { .probe = X##_probe, .remove = X##_remove };

SUBSYSTEM(alpha, u64, 8, 4, 8)
SUBSYSTEM(beta, u32, 24, 16, 5)
SUBSYSTEM(gamma, u16, 1, 40, 12)
SUBSYSTEM(delta, u64, 48, 1, 3)
SUBSYSTEM(epsilon, long, 16, 100, 6)
SUBSYSTEM(zeta, int, 4, 8, 16)
SUBSYSTEM(eta, u32, 120, 64, 7)

noinline void rb_link(struct rb_node *node, struct rb_node *parent, struct rb_node **link) { node->parent_color = (u64)parent; node->rb_left = node->rb_right = NULL; *link = node; }
noinline struct rb_node *rb_first(const struct rb_root *root) { struct rb_node *node = root->rb_node; if (!node) return NULL; while (node->rb_left) node = node->rb_left; return node; }
noinline struct rb_node *rb_next(const struct rb_node *node) {
  struct rb_node *parent; if (node->rb_right) { node = node->rb_right; while (node->rb_left) node = node->rb_left; return (struct rb_node *)node; }
  while ((parent = rb_parent(node)) && node == parent->rb_right) node = parent; return parent;
}
noinline void device_done(struct kref *ref) { struct device *dev = container_of(ref, struct device, ref); if (dev->ops && dev->ops->remove) dev->ops->remove(dev); release(dev->name); release(dev); }
noinline struct device *device_get(struct device *dev) { if (dev) kref_get(&dev->ref); return dev; }
noinline void device_put(struct device *dev) { if (dev) kref_put(&dev->ref, device_done); }
noinline int device_add(struct device *dev, struct device *parent) { int error; mutex_lock(&parent->lock); dev->parent = device_get(parent); list_add(&dev->sibling, &parent->children); mutex_unlock(&parent->lock); error = dev->ops->probe(dev); dev->state = error ? 3 : 2; return error; }
noinline struct device *device_child(struct device *parent, u16 minor) { struct device *dev; list_for_each_entry(dev, &parent->children, sibling) if (dev->minor == minor) return device_get(dev); return NULL; }
noinline u32 device_depth(const struct device *dev) { u32 depth = 0; while ((dev = dev->parent)) depth++; return depth; }
noinline long device_call(struct device *dev, u32 cmd, void *arg) { long result; if (!dev->ops->ioctl) return -25; mutex_lock(&dev->lock); result = dev->ops->ioctl(dev, cmd, arg); mutex_unlock(&dev->lock); return result; }
noinline int file_open(struct file *file, struct inode *inode) { int error; file->f_inode = inode; inode->i_count++; error = file->f_op->open ? file->f_op->open(inode, file) : 0; if (error) { inode->i_count--; file->f_inode = NULL; } return error; }
noinline long file_read(struct file *file, char *buffer, size_t size) { long got; u64 pos; mutex_lock(&file->f_lock); pos = file->f_pos; got = file->f_op->read(file, buffer, size, &pos); if (got > 0) file->f_pos = pos; mutex_unlock(&file->f_lock); return got; }
noinline struct file *task_file(struct task_struct *task, u32 fd) { struct file *file = task->files[fd]; return file && !(file->f_flags & 8) ? file : NULL; }
noinline struct task_struct *find_task(struct task_struct *first, int pid) { struct task_struct *task; list_for_each_entry(task, &first->tasks, tasks) if (task->pid == pid) return task; return NULL; }
noinline int task_is_child(const struct task_struct *task, const struct task_struct *parent) { for (; task; task = task->parent) if (task == parent) return 1; return 0; }
noinline u64 messages_size(const struct msg *msg) { u64 size = 0; for (; msg; msg = msg->next) size += msg->length; return size; }
noinline struct msg *messages_reverse(struct msg *msg) { struct msg *before = NULL; while (msg) { struct msg *next = msg->next; msg->next = before; before = msg; msg = next; } return before; }
noinline int inode_rdev(struct inode *inode) { if ((inode->i_mode & 0xf000) != 0x2000) return -19; return inode->i_rdev->major << 8 | inode->i_rdev->minor; }
noinline u32 sb_inodes(struct super_block *sb) { struct inode *inode; u32 count = 0; list_for_each_entry(inode, &sb->s_inodes, i_list) count += inode->i_count > 0; return count; }
noinline void sb_evict(struct super_block *sb) { struct inode *inode, *after; list_for_each_entry_safe(inode, after, &sb->s_inodes, i_list) { list_del(&inode->i_list); inode->i_sb = NULL; release(inode->i_private); release(inode); } sb->s_dev->state = 0; }
noinline void work_run(struct list_head *queue) { while (!list_empty(queue)) { struct work_struct *work = list_entry(queue->next, struct work_struct, entry); list_del(&work->entry); work->data &= ~1UL; work->func(work); } }
noinline void *seq_private(struct seq_file *m) { return m->file->private_data; }
noinline int seq_room(struct seq_file *m, size_t size) { if (m->count + size > m->size) { m->count = m->size; return -1; } m->count += size; return 0; }
