// SPDX-License-Identifier: Apache-2.0
#include "embed/python/merkle_arguments.hpp"

namespace chopmark::python {
namespace {

constexpr std::size_t kBytes = std::tuple_size_v<Digest>;

bool is_flat(py::handle object) {
  if (py::isinstance<py::array>(object))
    return py::reinterpret_borrow<py::array>(object).ndim() == 1;
  return PyObject_CheckBuffer(object.ptr()) != 0;
}

void require_count(const char* what, std::size_t have, std::size_t wanted) {
  if (have == wanted) return;
  throw py::value_error(std::string(what) + " must be " + std::to_string(wanted) + ", not " +
                        std::to_string(have));
}

}  // namespace

HashId tree_hash(py::handle hash) {
  const std::string name = text_argument(hash, "hash");
  if (name == "sha256") return HashId::sha256;
  if (name == "blake3") return HashId::blake3;
  if (name == "sm3") return HashId::sm3;
  throw py::value_error("unknown hash '" + name + "': expected sha256, blake3 or sm3");
}

PackedDigests::PackedDigests(py::handle object, const char* what) : items_(object, what) {
  const Items& items = items_.items();
  if (const std::uint8_t* const packed = items.packed(kBytes); packed != nullptr) {
    bytes_ = {packed, kBytes * items.size()};
    return;
  }
  copy_.reserve(kBytes * items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].size() != kBytes)
      throw py::value_error(std::string(what) + " must have 32 bytes each");
    append(copy_, items[i]);
  }
  bytes_ = copy_;
}

DigestsArgument::DigestsArgument(py::handle object, const char* what, std::size_t count,
                                 bool may_be_one) {
  if (may_be_one && is_flat(object)) {
    one_ = std::make_unique<Buffer>(object, what);
    if (one_->bytes().size() != kBytes)
      throw py::value_error(std::string(what) + " must be one of 32 bytes, or (n, 32)");
    digests_ = {one_->bytes().data(), true};
    return;
  }
  many_ = std::make_unique<PackedDigests>(object, what);
  require_count(what, many_->size(), count);
  digests_ = {many_->bytes().data(), false};
}

SizesArgument::SizesArgument(py::handle object, const char* what, std::size_t count) {
  if (!py::isinstance<py::array>(object) && PyIndex_Check(object.ptr()) != 0) {
    one_for_all_ = true;
    values_.push_back(position(object, what).value_or(UINT64_MAX));
    return;
  }
  values_ = integers_argument(object, what);
  require_count(what, values_.size(), count);
}

ProofRowsArgument::ProofRowsArgument(py::handle steps, py::handle lengths)
    : lengths_(integers_argument(lengths, "lengths")) {
  if (!py::isinstance<py::array_t<std::uint8_t>>(steps))
    throw py::type_error("steps must be an array of dtype uint8");
  const auto array = py::reinterpret_borrow<py::array>(steps);
  if (array.ndim() != 3 || static_cast<std::size_t>(array.shape(2)) != kBytes)
    throw py::value_error("steps must have shape (n, depth, 32)");
  require_count("lengths", lengths_.size(), static_cast<std::size_t>(array.shape(0)));
  depth_ = static_cast<std::size_t>(array.shape(1));
  steps_ = std::make_unique<Buffer>(array, "steps");
}

}  // namespace chopmark::python
