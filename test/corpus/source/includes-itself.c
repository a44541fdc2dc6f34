#include "x.c"
