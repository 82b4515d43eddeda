// SPDX-License-Identifier: Apache-2.0
// The stages of combined verification, one by one: the core has no clock, so a benchmark calls each
// and looks at its own.
#include <memory>

#include "dispatch/backend.hpp"
#include "embed/python/bindings.hpp"
#include "embed/python/buffers.hpp"
#include "hash/sha512.hpp"
#include "sig/combined.hpp"

namespace chopmark::python {
namespace {

using curve25519::Niels;
using curve25519::Point;
using curve25519::Scalar;

/// Everything that a batch of valid signatures by distinct or repeated keys goes through.
class Stages {
 public:
  Stages(py::handle public_keys, py::handle signatures, py::handle messages)
      : keys_(public_keys, "public_keys", sig::kKeyBytes),
        signatures_(signatures, "signatures", sig::kSignatureBytes),
        messages_(messages, "messages") {
    const std::size_t count = signatures_.size();
    if (keys_.size() != count || messages_.size() != count) {
      throw py::value_error("public_keys, signatures and messages differ in number");
    }
    const sig::Batch batch{.public_keys = keys_.items(),
                           .key_set = nullptr,
                           .key_index = {},
                           .signatures = signatures_.items(),
                           .messages = messages_.items()};
    candidates_ = sig::find_candidates(batch, sig::Rule::zip215, 0, count);
    if (candidates_.size() != count) throw py::value_error("not all of these may be valid");
    for (std::size_t i = 0; i < count; ++i)
      views_.push_back(batch.messages[i]);
    combination_ = std::make_unique<sig::Combination>(candidates_, 0, count);
    if (combination_->size() != count) throw py::value_error("not every R is a point");
    z_ = combination_->coefficients(0, count);
    terms_ = combination_->long_terms(0, count, z_);
    sums_ = combination_->window_sums(0, count, z_, terms_);
  }

  void hash() {
    std::vector<std::uint8_t> out(64 * count());
    sha512_prefixed_many(candidates_.r_and_key.data(), views_, out.data());
  }
  void decode_keys() {
    const std::size_t keys = candidates_.keys.size();
    std::vector<std::uint8_t> encoded(32 * keys);
    for (std::size_t i = 0; i < count(); ++i)
      std::copy_n(candidates_.r(i) + 32, 32, encoded.begin() + 32 * candidates_.key[i]);
    decode(encoded.data(), 32, keys);
  }
  void decode_r() { decode(candidates_.r(0), 64, count()); }
  void scalars() {
    std::vector<Scalar> k(count());
    kernels().reduce_digests(k.data(), candidates_.digests.data(), count());
    static_cast<void>(combination_->long_terms(0, count(), z_));
  }
  void coefficients() { static_cast<void>(combination_->coefficients(0, count())); }
  void buckets() { static_cast<void>(combination_->window_sums(0, count(), z_, terms_)); }
  void combine() {
    if (!sig::Combination::is_neutral(sums_)) throw py::value_error("the equation does not hold");
  }

 private:
  [[nodiscard]] std::size_t count() const noexcept { return candidates_.size(); }
  static void decode(const std::uint8_t* encoded, std::size_t stride, std::size_t count) {
    std::vector<Niels> points(count);
    std::vector<std::uint8_t> ok(count);
    kernels().decode_points(points.data(), ok.data(), encoded, stride, count);
  }

  ItemsArgument keys_, signatures_, messages_;
  sig::Candidates candidates_;
  std::vector<ByteView> views_;
  std::unique_ptr<sig::Combination> combination_;
  std::vector<std::uint8_t> z_;
  sig::LongTerms terms_;
  std::vector<Point> sums_;
};

}  // namespace

void bind_stages(py::module_& core) {
  py::module_ m = core.def_submodule("stages");
  py::class_<Stages>(m, "Ed25519", "The stages of a combined verification, for the benchmark.")
      .def(py::init<py::handle, py::handle, py::handle>(), py::arg("public_keys"),
           py::arg("signatures"), py::arg("messages"))
      .def("hash", &Stages::hash)
      .def("decode_keys", &Stages::decode_keys)
      .def("decode_r", &Stages::decode_r)
      .def("scalars", &Stages::scalars)
      .def("coefficients", &Stages::coefficients)
      .def("buckets", &Stages::buckets)
      .def("combine", &Stages::combine);
}

}  // namespace chopmark::python
