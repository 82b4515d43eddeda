// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>

#include "consensus/replica.hpp"
#include "embed/python/bindings.hpp"
#include "embed/python/buffers.hpp"
#include "embed/python/errors.hpp"
#include "embed/python/locked.hpp"

namespace chopmark::python {
namespace {

using consensus::Replica;

consensus::Config config_argument(py::handle config) {
  const Buffer buffer(config, "config");
  Result<consensus::Config> out = consensus::parse_config(buffer.bytes());
  if (!out) raise_encoding_error(out.failure(), "config");
  return std::move(*out);
}

Digest nonce_argument(py::handle nonce) {
  const Buffer buffer(nonce, "nonce");
  if (buffer.bytes().size() != sizeof(Digest)) throw py::value_error("nonce must have 32 bytes");
  return digest_from(buffer.bytes().data());
}

/// A file's bytes, or none if it is missing.
class OptionalBuffer {
 public:
  OptionalBuffer(py::handle object, const char* what) {
    if (!object.is_none()) buffer_.emplace(object, what);
  }
  [[nodiscard]] std::optional<ByteView> bytes() const noexcept {
    if (!buffer_) return std::nullopt;
    return buffer_->bytes();
  }

 private:
  std::optional<Buffer> buffer_;
};

/// chopmark.consensus.Replica.
class SharedReplica {
 public:
  explicit SharedReplica(Replica replica) : replica_(std::move(replica)) {}

  static std::unique_ptr<SharedReplica> create(py::handle config) {
    return std::make_unique<SharedReplica>(Replica(config_argument(config)));
  }

  static std::unique_ptr<SharedReplica> recover(py::handle config, py::handle log, py::handle fence,
                                                py::handle position, py::handle nonce) {
    consensus::Config parsed = config_argument(config);
    const OptionalBuffer log_bytes(log, "log");
    const OptionalBuffer fence_bytes(fence, "fence");
    const Buffer position_bytes(position, "position");
    const Replica::Start start{log_bytes.bytes(), fence_bytes.bytes(), position_bytes.bytes(),
                               nonce_argument(nonce)};
    Result<Replica> replica = [&] {
      const py::gil_scoped_release release;
      return Replica::recover(std::move(parsed), start);
    }();
    if (!replica) raise_encoding_error(replica.failure(), "position");
    return std::make_unique<SharedReplica>(std::move(*replica));
  }

  py::typing::Tuple<py::bytes, py::bytes> checkpoint() {
    const auto made = replica_.use([](Replica& r) { return r.checkpoint(); });
    return py::make_tuple(to_bytes(made.log), to_bytes(made.fence));
  }

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
  std::uint64_t epoch() {
    return replica_.use([](Replica& r) { return r.epoch(); });
  }
  bool amnesic() {
    return replica_.use([](Replica& r) { return r.amnesic(); });
  }
  std::uint16_t leader(std::uint64_t view) {
    return replica_.use([view](Replica& r) { return r.leader(view); });
  }
  py::typing::Tuple<py::int_, py::int_, py::bytes> last_final() {
    const auto last = replica_.use([](Replica& r) { return r.last_final(); });
    return py::make_tuple(last.height, last.view, to_bytes(last.digest));
  }
  py::bytes position() {
    return to_bytes(replica_.use([](Replica& r) { return r.position(); }));
  }
  py::bytes snapshot() {
    return to_bytes(replica_.use([](Replica& r) { return r.snapshot(); }));
  }
  std::size_t held_bytes() {
    return replica_.use([](Replica& r) { return r.held_bytes(); });
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
      .def_static("create", &SharedReplica::create, py::arg("config"))
      .def_static("recover", &SharedReplica::recover, py::arg("config"), py::arg("log"),
                  py::arg("fence"), py::arg("position"), py::arg("nonce"))
      .def("checkpoint", &SharedReplica::checkpoint)
      .def("step", &SharedReplica::step, py::arg("events"))
      .def("position", &SharedReplica::position)
      .def("snapshot", &SharedReplica::snapshot)
      .def_property_readonly("view", &SharedReplica::view)
      .def_property_readonly("epoch", &SharedReplica::epoch)
      .def_property_readonly("amnesic", &SharedReplica::amnesic)
      .def_property_readonly("held_bytes", &SharedReplica::held_bytes)
      .def_property_readonly("last_final", &SharedReplica::last_final)
      .def("leader", &SharedReplica::leader, py::arg("view"))
      .def("counters", &SharedReplica::counters);
}

}  // namespace chopmark::python
