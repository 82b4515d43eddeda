// SPDX-License-Identifier: Apache-2.0
// Typed exceptions of chopmark.errors, raised from C++. Floor: embed.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "base/result.hpp"

namespace chopmark::python {

/// chopmark.errors.<type>(*arguments) as a Python exception.
template <class... Arguments>
[[noreturn]] void raise(const char* type_name, Arguments&&... arguments) {
  namespace py = pybind11;
  const py::object type = py::module_::import("chopmark.errors").attr(type_name);
  const py::object error = type(std::forward<Arguments>(arguments)...);
  PyErr_SetObject(type.ptr(), error.ptr());
  throw py::error_already_set();
}

[[noreturn]] inline void raise_encoding_error(const Failure& failure, const char* what) {
  raise("EncodingError", error_name(failure.error), failure.offset, what);
}

}  // namespace chopmark::python
