// SPDX-License-Identifier: Apache-2.0
#include "embed/python/bindings.hpp"

namespace chopmark::python {

void bind_ed25519(py::module_& core) {
  core.def_submodule("ed25519");
}

}  // namespace chopmark::python
