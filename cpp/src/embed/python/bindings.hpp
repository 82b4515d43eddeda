// SPDX-License-Identifier: Apache-2.0
// The list of binding files: each fills one submodule of chopmark._core. Floor: embed.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

namespace chopmark::python {

namespace py = pybind11;

// Results that carry their types into the stubs.
using ListOfBytes = py::typing::List<py::bytes>;
using ListOfStrings = py::typing::List<py::str>;
using Counts = py::typing::Dict<py::str, py::int_>;
using OptionalBytes = py::typing::Optional<py::bytes>;

void bind_build(py::module_& core);      // version, processor, backends
void bind_buffers(py::module_& core);    // Ragged
void bind_hash(py::module_& core);       // _core.hash
void bind_ed25519(py::module_& core);    // _core.ed25519
void bind_merkle(py::module_& core);     // _core.merkle
void bind_stages(py::module_& core);     // _core.stages
void bind_state(py::module_& core);      // _core.state
void bind_ledger(py::module_& core);     // _core.ledger
void bind_consensus(py::module_& core);  // _core.consensus
void bind_sim(py::module_& core);        // _core.sim
void bind_evidence(py::module_& core);   // into _core.consensus, _core.sim

}  // namespace chopmark::python
