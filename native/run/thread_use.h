// What the calling thread has had of its CPUs.
#pragma once

#include <chrono>
#include <cstdint>

#if !defined(_WIN32)
#include <sys/resource.h>
#include <time.h>
#endif

namespace run {

// Whether the system counts the CPU time of a thread. Windows does in ticks of 16 ms: the elapsed time is all
// that is known.
#if defined(_WIN32)
inline constexpr bool kCountsThreadCpu = false;
#else
inline constexpr bool kCountsThreadCpu = true;
#endif

struct ThreadUse {
  std::chrono::nanoseconds cpu;
  int64_t
      waits;  // how often it gave up its CPU; of any thread of the process where the system counts no other

  static ThreadUse Now() noexcept;
};

// How long something took of the thread itself: without the time in which other threads had its CPU. Where it
// waited for something, all of the time.
inline std::chrono::nanoseconds OwnTime(const ThreadUse& before, const ThreadUse& after,
                                        std::chrono::nanoseconds elapsed) noexcept {
  return after.waits == before.waits ? after.cpu - before.cpu : elapsed;
}

inline ThreadUse ThreadUse::Now() noexcept {
#if defined(_WIN32)
  static thread_local int64_t calls = 0;
  return {{}, ++calls};
#else
  timespec cpu{};
  rusage usage{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
#if defined(RUSAGE_THREAD)
  getrusage(RUSAGE_THREAD, &usage);
#else
  getrusage(RUSAGE_SELF, &usage);
#endif
  return {std::chrono::seconds(cpu.tv_sec) + std::chrono::nanoseconds(cpu.tv_nsec), usage.ru_nvcsw};
#endif
}

}  // namespace run
