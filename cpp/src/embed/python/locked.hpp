// SPDX-License-Identifier: Apache-2.0
// A native object that several Python threads may use. Floor: embed.
#pragma once

#include <pybind11/pybind11.h>

#include <mutex>
#include <type_traits>
#include <utility>

namespace chopmark::python {

/// A value behind a mutex. The GIL is released before the mutex is taken, never the other way round,
/// so a thread that waits for the mutex never keeps the interpreter.
template <class Value>
class Locked {
 public:
  template <class... Arguments>
  explicit Locked(Arguments&&... arguments) : value_(std::forward<Arguments>(arguments)...) {}

  /// Calls work(value) without the GIL; `work` must not touch Python objects.
  template <class Work>
  std::invoke_result_t<Work, Value&> use(Work&& work) {
    const pybind11::gil_scoped_release release;
    const std::scoped_lock lock(mutex_);
    return work(value_);
  }

 private:
  std::mutex mutex_;
  Value value_;
};

}  // namespace chopmark::python
