"""The work of bench/node.mjs through Unicorn's Python binding: binding.py replay|record|check|cold FOLDER SECONDS.

Reads the image that bench/image.mjs wrote. Prints one JSON line; `cold` prints the registers at the end.
"""

import ctypes
import itertools
import json
import os
import resource
import sys
import time

import unicorn
from unicorn import x86_const as x86

NAMES = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15 rip eflags'.split()
IDS = [getattr(x86, f'UC_X86_REG_{name.upper()}') for name in NAMES]
PAGE = 4096


class Image:
    def __init__(self, folder):
        with open(os.path.join(folder, 'memory.bin'), 'rb') as file:
            self.image = file.read()
        room = ctypes.create_string_buffer(len(self.image) + PAGE)
        self.room = room
        self.base = (ctypes.addressof(room) + PAGE - 1) // PAGE * PAGE
        self.memory = memoryview((ctypes.c_ubyte * len(self.image)).from_address(self.base)).cast('B')
        self.memory[:] = self.image
        self.regions, self.actions, self.pages, self.watched = [], [], [], []
        with open(os.path.join(folder, 'script.txt')) as file:
            for line in file:
                self.read(*line.split())

    def read(self, kind, *words):
        if kind == 'R':
            start, size, protection, offset = words
            self.regions.append((int(start, 16), int(size, 16), int(protection), int(offset, 16)))
        elif kind == 'W':
            data = bytes.fromhex(words[1])
            offset = self.offset(int(words[0], 16))
            self.actions.append((slice(offset, offset + len(data)), data))
        elif kind == 'S':
            pc, until, count, *registers = words
            self.actions.append([int(pc, 16), int(until, 16), int(count), [int(r, 16) for r in registers], 0])
        elif kind == 'E':
            self.actions[-1][4] = int(words[0], 16)
        elif kind == 'B':
            self.actions.append(None)
        elif kind == 'H':
            self.watched.append((int(words[0], 16), int(words[1], 16)))
        elif kind == 'A':
            offset, size, rights = self.offset(int(words[0], 16)), int(words[1]), int(words[2])
            self.actions.append((slice(offset, offset + size), bytes([rights]) * size, 'grant'))
        elif kind == 'T':
            data = bytes.fromhex(words[1])
            offset = self.offset(int(words[0], 16))
            self.actions.append((slice(offset, offset + len(data)), data, 'text'))
        elif kind == 'P':
            page = int(words[0], 16)
            self.pages.append((slice(page, page + PAGE), self.image[page : page + PAGE]))
        elif kind == 'G':
            self.gs_base = int(words[0], 16)
        elif kind == 'Z':
            self.writable = int(words[0], 16)
        elif kind == 'F':
            self.hash = int(words[0], 16)

    def offset(self, address):
        for start, size, _, offset in self.regions:
            if 0 <= address - start < size:
                return offset + address - start
        raise ValueError('a host write outside memory')

    def open(self):
        self.cpu = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64)
        if unicorn.uc_version()[:2] >= (2, 1):
            self.cpu.ctl_set_tlb_mode(unicorn.UC_TLB_VIRTUAL)
        for start, size, protection, offset in self.regions:
            self.cpu.mem_map_ptr(start, size, protection, ctypes.c_void_p(self.base + offset))
        self.cpu.reg_write(x86.UC_X86_REG_GS_BASE, self.gs_base)
        self.context = self.cpu.context_save()

    def run(self):
        cpu, memory = self.cpu, self.memory
        for action in self.actions:
            if isinstance(action, tuple):
                memory[action[0]] = action[1]
                continue
            pc, until, count, registers, expected = action
            for index, value in zip(IDS, registers):
                cpu.reg_write(index, value)
            try:
                cpu.emu_start(pc, until, 0, count)
            except unicorn.UcError:
                pass  # a stub, or the trap
            self.registers = [cpu.reg_read(index) for index in IDS]
            if self.registers[16] != expected:
                raise ValueError('stopped elsewhere')

    def check(self):
        value = 0x811C9DC5
        for byte in self.memory[: self.writable]:
            value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
        if value != self.hash:
            raise ValueError('another memory at the end')


def replays(image, seconds):
    start = time.process_time()
    done = 0
    while time.process_time() - start < seconds:
        for _ in range(10):
            for where, data in image.pages:
                image.memory[where] = data
            image.cpu.context_restore(image.context)
            image.run()
        done += 10
    return done / (time.process_time() - start)


def checks(image, seconds):
    cpu, memory, regions = image.cpu, image.memory, image.regions
    rights = bytearray(len(image.image))
    granted = []

    def on_access(_cpu, access, address, size, _value, _data):
        wanted = 3 if access == unicorn.UC_MEM_WRITE else 1
        for start, length, _, offset in regions:
            if 0 <= address - start < length:
                at = offset + address - start
                for right in rights[at : at + size]:
                    if right & wanted != wanted:
                        raise ValueError('an access out of bounds')
                return

    for start, size in image.watched:
        cpu.hook_add(unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE, on_access, begin=start, end=start + size - 1)
    begin = time.process_time()
    done = 0
    for action in itertools.cycle(image.actions):
        if action is None:
            if time.process_time() - begin >= seconds:
                break
            for where, data in image.pages:
                memory[where] = data
            for where in granted:
                rights[where] = bytes(where.stop - where.start)
            granted.clear()
            cpu.context_restore(image.context)
            done += 1
        elif isinstance(action, list):
            pc, until, count, registers, expected = action
            for index, value in zip(IDS, registers):
                cpu.reg_write(index, value)
            try:
                cpu.emu_start(pc, until, 0, count)
            except unicorn.UcError:
                pass  # a stub, or the end
            if cpu.reg_read(IDS[16]) != expected:
                raise ValueError('stopped elsewhere')
        elif len(action) == 2:
            memory[action[0]] = action[1]
        elif action[2] == 'grant':
            granted.append(action[0])
            rights[action[0]] = action[1]
        elif bytes(memory[action[0]]) != action[1]:
            raise ValueError('another text')
    return done / (time.process_time() - begin)


def record(image):
    rows, accesses, last = [], [], [None] * len(IDS)
    executed = 0

    def on_code(cpu, _address, _size, _data):
        nonlocal executed
        row = []
        for place, index in enumerate(IDS):
            value = cpu.reg_read(index)
            if value != last[place]:
                last[place] = value
                row.append((place, value))
        rows.append(row)
        executed += 1

    def on_memory(_cpu, access, address, size, value, _data):
        old = b''
        if access == unicorn.UC_MEM_WRITE:
            offset = image.offset(address)
            old = bytes(image.memory[offset : offset + size])
        accesses.append((executed - 1, access, address, size, old, value))

    image.cpu.hook_add(unicorn.UC_HOOK_CODE, on_code)
    image.cpu.hook_add(unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE, on_memory)
    start = time.process_time()
    image.run()
    return executed / (time.process_time() - start)


def main():
    mode, folder, seconds = sys.argv[1:4]
    image = Image(folder)
    image.open()
    if mode == 'cold':
        image.run()
        for name, value in zip(NAMES, image.registers):
            print(f'{name} {value:016x}')
        print(f'maxrss {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}', file=sys.stderr)
        return
    if mode == 'check':
        print(json.dumps({'rate': checks(image, float(seconds))}))
        return
    rate = replays(image, float(seconds)) if mode == 'replay' else record(image)
    image.check()
    print(json.dumps({'rate': rate}))


main()
