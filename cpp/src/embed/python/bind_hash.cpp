// SPDX-License-Identifier: Apache-2.0
#include "embed/python/bindings.hpp"

namespace chopmark::python {

void bind_hash(py::module_& core) {
  core.def_submodule("hash");
}

}  // namespace chopmark::python
