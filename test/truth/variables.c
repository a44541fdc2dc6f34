// The variables and parameters of a program that lie in a register at an instruction, as its DWARF says: those of inlined
// functions too. Only with libdw; the judge of names compiles it when it runs.
//
//   variables FILE < questions
//
// A question is a line `SECTION OFFSET REGISTER`: a section's name and hexadecimal bytes from its start for a module or an
// object, `-` and an address for a linked file; the register by its number in DWARF. The answer is a line of JSON: an array
// of { name, plus, pointers, kind, type }: the variable's value is the register plus `plus`, and after so many pointers
// comes a type of that kind and name.
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LOCATIONS = 8, MOST_POINTERS = 8, MOST_SECTIONS = 4096, LINE = 512 };

struct function {
  Dwarf_Addr low, high;
  Dwarf_Die die;
};

static struct function *functions;
static size_t count, room;

static Dwarf_Addr pc;
static unsigned wanted;
static int printed;

static int type_of(Dwarf_Die *die, Dwarf_Die *into) {
  Dwarf_Attribute attribute;
  return dwarf_attr_integrate(die, DW_AT_type, &attribute) != NULL && dwarf_formref_die(&attribute, into) != NULL;
}

static const char *name_of(Dwarf_Die *die) {
  Dwarf_Attribute attribute;
  const char *name = dwarf_attr_integrate(die, DW_AT_name, &attribute) ? dwarf_formstring(&attribute) : NULL;
  return name ? name : "";
}

// Typedefs and qualifiers say nothing of where a field lies. The name of a typedef is that of a struct without one.
static void print_type(Dwarf_Die *variable) {
  Dwarf_Die die = *variable;
  const char *typedef_name = "", *kind = "void";
  int pointers = 0;
  for (int has = type_of(&die, &die); has; has = type_of(&die, &die)) {
    switch (dwarf_tag(&die)) {
      case DW_TAG_typedef: typedef_name = name_of(&die); continue;
      case DW_TAG_const_type: case DW_TAG_volatile_type: case DW_TAG_restrict_type: case DW_TAG_atomic_type: continue;
      case DW_TAG_pointer_type:
        if (++pointers < MOST_POINTERS) { typedef_name = ""; continue; }
        break;
      case DW_TAG_structure_type: kind = "struct"; break;
      case DW_TAG_union_type: kind = "union"; break;
      case DW_TAG_base_type: case DW_TAG_enumeration_type: kind = "number"; break;
      case DW_TAG_subroutine_type: kind = "function"; break;
      default: kind = "other"; break;
    }
    break;
  }
  const char *name = strcmp(kind, "void") == 0 ? "" : name_of(&die);
  printf("\"pointers\":%d,\"kind\":\"%s\",\"type\":\"%s\"", pointers, kind, *name ? name : typedef_name);
}

static void print_variable(Dwarf_Die *variable) {
  Dwarf_Attribute location;
  if (dwarf_attr(variable, DW_AT_location, &location) == NULL) return;
  Dwarf_Op *all[MOST_LOCATIONS];
  size_t length[MOST_LOCATIONS];
  int found = dwarf_getlocation_addr(&location, pc, all, length, MOST_LOCATIONS);
  for (int i = 0; i < found; i++) {
    Dwarf_Op *op = all[i];
    unsigned in;
    long plus = 0;
    if (length[i] == 1 && op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31) in = op->atom - DW_OP_reg0;
    else if (length[i] == 2 && op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31 && op[1].atom == DW_OP_stack_value) {
      in = op->atom - DW_OP_breg0;
      plus = (long)op->number;
    } else continue;
    if (in != wanted) continue;
    printf("%s{\"name\":\"%s\",\"plus\":%ld,", printed++ ? "," : "", name_of(variable), plus);
    print_type(variable);
    printf("}");
  }
}

static void print_variables(Dwarf_Die *scope) {
  Dwarf_Die die;
  if (dwarf_child(scope, &die) != 0) return;
  do {
    int tag = dwarf_tag(&die);
    if (tag == DW_TAG_formal_parameter || tag == DW_TAG_variable) print_variable(&die);
    else if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) && dwarf_haspc(&die, pc) > 0)
      print_variables(&die);
  } while (dwarf_siblingof(&die, &die) == 0);
}

static int by_address(const void *a, const void *b) {
  const struct function *one = a, *other = b;
  return one->low < other->low ? -1 : one->low > other->low;
}

static void collect(Dwarf *dwarf) {
  Dwarf_CU *unit = NULL;
  Dwarf_Half version;
  uint8_t kind;
  Dwarf_Die top, split, die;
  while (dwarf_get_units(dwarf, unit, &unit, &version, &kind, &top, &split) == 0) {
    if (dwarf_tag(&top) != DW_TAG_compile_unit || dwarf_child(&top, &die) != 0) continue;
    do {
      if (dwarf_tag(&die) != DW_TAG_subprogram) continue;
      Dwarf_Addr base, low, high;
      for (ptrdiff_t at = 0; (at = dwarf_ranges(&die, at, &base, &low, &high)) > 0;) {
        if (count == room) functions = realloc(functions, sizeof *functions * (room = room ? room * 2 : 4096));
        if (functions == NULL) exit(1);
        functions[count++] = (struct function){ low, high, die };
      }
    } while (dwarf_siblingof(&die, &die) == 0);
  }
  qsort(functions, count, sizeof *functions, by_address);
}

static Dwarf_Die *function_at(void) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (functions[middle].low <= pc) low = middle + 1;
    else high = middle;
  }
  return low > 0 && pc < functions[low - 1].high ? &functions[low - 1].die : NULL;
}

static struct { char name[LINE]; GElf_Addr address; } sections[MOST_SECTIONS];
static size_t section_count;

// Libdwfl gives each section of a relocatable file an address of its own.
static void collect_sections(Elf *elf) {
  size_t names;
  if (elf_getshdrstrndx(elf, &names) != 0) return;
  for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL && section_count < MOST_SECTIONS;) {
    GElf_Shdr header;
    const char *name;
    if (gelf_getshdr(section, &header) == NULL || (header.sh_flags & SHF_EXECINSTR) == 0) continue;
    if ((name = elf_strptr(elf, names, header.sh_name)) == NULL) continue;
    snprintf(sections[section_count].name, LINE, "%s", name);
    sections[section_count++].address = header.sh_addr;
  }
}

static int start_of(const char *name, Dwarf_Addr *into) {
  *into = 0;
  if (strcmp(name, "-") == 0) return 1;
  for (size_t i = 0; i < section_count; i++)
    if (strcmp(sections[i].name, name) == 0) return *into = sections[i].address, 1;
  return 0;
}

int main(int arguments, char **argument) {
  static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
  };
  Dwfl *dwfl = dwfl_begin(&callbacks);
  Dwfl_Module *module = arguments == 2 && dwfl ? dwfl_report_offline(dwfl, "", argument[1], -1) : NULL;
  Dwarf_Addr bias, elf_bias;
  Dwarf *dwarf = module ? dwfl_module_getdwarf(module, &bias) : NULL;
  Elf *elf = module ? dwfl_module_getelf(module, &elf_bias) : NULL;
  if (dwarf == NULL || elf == NULL) {
    fprintf(stderr, "%s: %s\n", arguments == 2 ? argument[1] : "no file", dwfl_errmsg(-1));
    return 1;
  }
  GElf_Ehdr header;
  if (gelf_getehdr(elf, &header) == NULL) return 1;
  collect(dwarf);
  collect_sections(elf);
  char line[LINE], section[LINE];
  unsigned long offset;
  while (fgets(line, sizeof line, stdin) != NULL) {
    Dwarf_Addr start;
    if (sscanf(line, "%511s %lx %u", section, &offset, &wanted) != 3) return 1;
    printf("[");
    printed = 0;
    if (start_of(section, &start)) {
      // Addresses of DWARF are those of the file before libdwfl places a linked one.
      pc = start + offset + (header.e_type == ET_REL ? elf_bias - bias : 0);
      Dwarf_Die *function = function_at();
      if (function != NULL) print_variables(function);
    }
    printf("]\n");
  }
  return 0;
}
