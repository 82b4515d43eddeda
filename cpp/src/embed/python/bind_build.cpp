// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "dispatch/backend.hpp"
#include "embed/python/bindings.hpp"

namespace chopmark::python {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "gcc " __VERSION__;
#endif

ListOfStrings available_backends() {
  ListOfStrings names;
  for (const Backend& backend : compiled_backends()) {
    if (backend_available(backend)) names.append(backend.name);
  }
  return names;
}

ListOfStrings compiled_backend_names() {
  ListOfStrings names;
  for (const Backend& backend : compiled_backends())
    names.append(backend.name);
  return names;
}

void set_backend(const std::string& name) {
  switch (use_backend(name)) {
    case UseBackend::ok:
      return;
    case UseBackend::unknown:
      throw py::value_error(
          "unknown backend '" + name + "': this build has " +
          py::str(", ").attr("join")(compiled_backend_names()).cast<std::string>());
    case UseBackend::unsupported:
      throw py::value_error("backend '" + name +
                            "' is not supported by this processor, which runs " +
                            py::str(", ").attr("join")(available_backends()).cast<std::string>());
  }
}

ListOfStrings features() {
  ListOfStrings names;
  for (const CpuFeatureName& feature : kCpuFeatureNames) {
    if (cpu_features().*feature.bit) names.append(feature.name);
  }
  return names;
}

}  // namespace

void bind_build(py::module_& core) {
  core.attr("version") = CHOPMARK_VERSION;
  core.attr("compiler") = kCompiler;
  core.def("available_backends", &available_backends);
  core.def("backend", [] { return active_backend_name(); });
  core.def("set_backend", &set_backend, py::arg("name"));
  core.def("cpu_features", &features);
}

}  // namespace chopmark::python
