// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "consensus/replica.hpp"
#include "embed/python/bindings.hpp"
#include "embed/python/buffers.hpp"
#include "embed/python/errors.hpp"
#include "embed/python/locked.hpp"

namespace chopmark::python {
namespace {

using consensus::Replica;

/// chopmark.consensus.Replica.
class SharedReplica {
 public:
  explicit SharedReplica(py::handle config) : replica_(parsed(config)) {}

  py::bytes step(py::handle events) {
    const Buffer buffer(events, "events");
    Bytes effects;
    const auto done = replica_.use([&](Replica& r) { return r.step(buffer.bytes(), effects); });
    if (!done) {
      raise("ConsensusError",
            "event not expected: " + std::string(error_name(done.failure().error)) +
                " at event or byte " + std::to_string(done.failure().offset));
    }
    return to_bytes(effects);
  }

  std::uint64_t view() {
    return replica_.use([](Replica& r) { return r.view(); });
  }
  std::uint16_t leader(std::uint64_t view) {
    return replica_.use([view](Replica& r) { return r.leader(view); });
  }
  py::typing::Tuple<py::int_, py::int_, py::bytes> last_final() {
    const auto last = replica_.use([](Replica& r) { return r.last_final(); });
    return py::make_tuple(last.height, last.view, to_bytes(last.digest));
  }
  Counts counters() {
    const auto c = replica_.use([](Replica& r) { return r.counters(); });
    Counts out;
    out["malformed"] = c.malformed;
    out["out_of_window"] = c.out_of_window;
    out["wrong_sender"] = c.wrong_sender;
    out["bad_signature"] = c.bad_signature;
    out["unjustified"] = c.unjustified;
    out["unwanted"] = c.unwanted;
    out["no_room"] = c.no_room;
    return out;
  }

 private:
  static consensus::Config parsed(py::handle config) {
    const Buffer buffer(config, "config");
    Result<consensus::Config> out = consensus::parse_config(buffer.bytes());
    if (!out) raise_encoding_error(out.failure(), "config");
    return std::move(*out);
  }

  Locked<Replica> replica_;
};

void check_message(py::handle message, std::size_t validators) {
  const Buffer buffer(message, "message");
  const auto parsed = parse_message(buffer.bytes(), validators);
  if (!parsed) raise_encoding_error(parsed.failure(), "message");
}

}  // namespace

void bind_consensus(py::module_& core) {
  py::module_ m = core.def_submodule("consensus");
  m.def("check_message", &check_message, py::arg("message"), py::arg("validators"));
  py::class_<SharedReplica>(m, "Replica")
      .def(py::init<py::handle>(), py::arg("config"))
      .def("step", &SharedReplica::step, py::arg("events"))
      .def_property_readonly("view", &SharedReplica::view)
      .def_property_readonly("last_final", &SharedReplica::last_final)
      .def("leader", &SharedReplica::leader, py::arg("view"))
      .def("counters", &SharedReplica::counters);
}

}  // namespace chopmark::python
