// Plain threads for one call: started, joined, nothing kept, so a fork after a fit is safe.
//
// for_blocks(n, block, n_threads, f) calls f(begin, end, thread) for consecutive blocks of
// [0, n). Blocks are handed out dynamically; f must write only what its block owns. Which thread
// gets which block is not fixed, so no result may depend on `thread` (it is there to find
// scratch memory).
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

template <class F>
void for_blocks(std::size_t n, std::size_t block, int n_threads, F&& f) {
  if (n == 0) return;
  block = std::max<std::size_t>(block, 1);
  const std::size_t n_blocks = (n + block - 1) / block;
  const int workers = static_cast<int>(
      std::min<std::size_t>(n_blocks, static_cast<std::size_t>(std::max(n_threads, 1))));
  if (workers <= 1) {
    for (std::size_t b = 0; b < n_blocks; ++b) f(b * block, std::min(n, (b + 1) * block), 0);
    return;
  }
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_lock;
  auto work = [&](int thread) {
    try {
      for (;;) {
        const std::size_t b = next.fetch_add(1, std::memory_order_relaxed);
        if (b >= n_blocks) return;
        f(b * block, std::min(n, (b + 1) * block), thread);
      }
    } catch (...) {
      const std::lock_guard<std::mutex> guard(failure_lock);
      if (!failure) failure = std::current_exception();
      next.store(n_blocks, std::memory_order_relaxed);
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(workers - 1));
  try {
    for (int t = 1; t < workers; ++t) threads.emplace_back(work, t);
  } catch (...) {
    // The system refused a thread: those that started, and this one, do the work.
  }
  work(0);
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

UMAPKIT_END
