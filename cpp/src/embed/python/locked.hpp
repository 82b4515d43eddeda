// SPDX-License-Identifier: Apache-2.0
// A native object that several Python threads may use. Floor: embed.
#pragma once

#include <pybind11/pybind11.h>

#include <mutex>
#include <type_traits>
#include <utility>

namespace chopmark::python {

/// A value behind a mutex. The GIL is released before the mutex is taken, never the other way
/// round, so a thread that waits for the mutex never keeps the interpreter. `work` gets the value
/// and must not touch Python objects.
template <class Value>
class Locked {
 public:
  template <class... Arguments>
  explicit Locked(Arguments&&... arguments) : value_(std::forward<Arguments>(arguments)...) {}

  template <class Work>
  std::invoke_result_t<Work, Value&> use(Work&& work) {
    const pybind11::gil_scoped_release release;
    return use_without_gil(std::forward<Work>(work));
  }

  /// For a caller that has released the GIL already.
  template <class Work>
  std::invoke_result_t<Work, Value&> use_without_gil(Work&& work) {
    const std::scoped_lock lock(mutex_);
    return work(value_);
  }

 private:
  std::mutex mutex_;
  Value value_;
};

}  // namespace chopmark::python
