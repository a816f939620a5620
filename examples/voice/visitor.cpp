// A program that knows nothing of Spillway and wants memory: takes so many MiB at so many MiB per
// second, holds them until its input ends, and leaves. Prints "holding" when it has them all.
//
//   voice-visitor 1100 300 < pipe

#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

int main(int argc, char** argv) {
  const long mib = argc > 1 ? std::atol(argv[1]) : 0;
  const long rate = argc > 2 ? std::atol(argv[2]) : 0;
  if (mib <= 0 || rate <= 0) {
    std::fprintf(stderr, "usage: %s MIB MIB_PER_SECOND\n", argv[0]);
    return 2;
  }
  const auto length = static_cast<std::size_t>(mib) << 20;
  void* data = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) {
    std::perror("mmap");
    return 1;
  }
  const auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < mib; ++i) {
    std::memset(static_cast<char*>(data) + (i << 20), 1, 1 << 20);
    std::this_thread::sleep_until(start + std::chrono::duration<double>(double(i) / double(rate)));
  }
  std::puts("holding");
  std::fflush(stdout);
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}
