// Rounds of work for a few threads that wait for each other after each.
//
// for_rounds(sizes, n_threads, work, last): round r has sizes[r] blocks, which are handed out
// dynamically as work(r, block, thread); when all are done, last(r) is called once, and the next
// round begins. The threads are started and joined once (parallel.hpp would start them once a
// round, which takes longer than a short round). No result may depend on `thread`.
#pragma once
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

// Where threads wait for each other, again and again.
class Barrier {
 public:
  // Called once, before anybody comes for good; those who came already wait for it.
  void expect(int n) {
    const std::lock_guard<std::mutex> guard(lock_);
    expected_ = n;
    changed_.notify_all();
  }

  void begin() {
    std::unique_lock<std::mutex> guard(lock_);
    changed_.wait(guard, [&] { return expected_ > 0; });
  }

  // Returns when all have come; the last of them calls `last` before.
  template <class F>
  void wait(F&& last) {
    const unsigned round = round_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == expected_) {
      last();
      arrived_.store(0, std::memory_order_relaxed);
      {
        const std::lock_guard<std::mutex> guard(lock_);
        round_.store(round + 1, std::memory_order_release);
      }
      changed_.notify_all();
      return;
    }
    for (int i = 0; i < kPatience; ++i) {  // most rounds end within microseconds of each other
      if (round_.load(std::memory_order_acquire) != round) return;
#if defined(__SSE2__)
      __builtin_ia32_pause();
#endif
    }
    std::unique_lock<std::mutex> guard(lock_);
    changed_.wait(guard, [&] { return round_.load(std::memory_order_acquire) != round; });
  }

 private:
  static constexpr int kPatience = 1024;
  std::mutex lock_;
  std::condition_variable changed_;
  std::atomic<unsigned> round_{0};
  std::atomic<int> arrived_{0};
  int expected_ = 0;
};

template <class Work, class Last>
void for_rounds(const std::vector<std::size_t>& sizes, int n_threads, Work&& work, Last&& last) {
  std::size_t most = 0;
  for (const std::size_t size : sizes) most = std::max(most, size);
  const int workers = static_cast<int>(
      std::min<std::size_t>(most, static_cast<std::size_t>(std::max(n_threads, 1))));
  if (workers <= 1) {
    for (std::size_t r = 0; r < sizes.size(); ++r) {
      for (std::size_t b = 0; b < sizes[r]; ++b) work(r, b, 0);
      last(r);
    }
    return;
  }
  std::vector<std::atomic<std::size_t>> next(sizes.size());
  std::atomic<bool> failed{false};
  std::exception_ptr failure;
  std::mutex failure_lock;
  Barrier barrier;
  // What fails leaves the rest of the work undone, but comes to every barrier: others wait there.
  const auto guarded = [&](auto&& f) {
    if (failed.load(std::memory_order_relaxed)) return;
    try {
      f();
    } catch (...) {
      const std::lock_guard<std::mutex> guard(failure_lock);
      if (!failure) failure = std::current_exception();
      failed.store(true, std::memory_order_relaxed);
    }
  };
  const auto run = [&](int thread) {
    for (std::size_t r = 0; r < sizes.size(); ++r) {
      guarded([&] {
        for (;;) {
          const std::size_t b = next[r].fetch_add(1, std::memory_order_relaxed);
          if (b >= sizes[r]) return;
          work(r, b, thread);
        }
      });
      barrier.wait([&] { guarded([&] { last(r); }); });
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(workers - 1));
  try {
    for (int t = 1; t < workers; ++t)
      threads.emplace_back([&, t] {
        barrier.begin();
        run(t);
      });
  } catch (...) {
    // The system refused a thread: those that started, and this one, do the work.
  }
  barrier.expect(1 + static_cast<int>(threads.size()));
  run(0);
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

UMAPKIT_END
