// SPDX-License-Identifier: Apache-2.0
#include "embed/python/bindings.hpp"

PYBIND11_MODULE(_core, m, pybind11::mod_gil_not_used()) {
  m.doc() = "Native core of chopmark. Use the typed modules of the package instead.";
  chopmark::python::bind_build(m);
  chopmark::python::bind_buffers(m);
  chopmark::python::bind_hash(m);
  chopmark::python::bind_ed25519(m);
  chopmark::python::bind_merkle(m);
  chopmark::python::bind_stages(m);
  chopmark::python::bind_state(m);
  chopmark::python::bind_ledger(m);
  chopmark::python::bind_consensus(m);
  chopmark::python::bind_sim(m);
  chopmark::python::bind_evidence(m);
}
