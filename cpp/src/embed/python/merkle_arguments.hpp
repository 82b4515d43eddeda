// SPDX-License-Identifier: Apache-2.0
// Arguments of the Merkle bindings: hashes by name, and arrays of claims and proofs. Floor: embed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "embed/python/buffers.hpp"
#include "hash/hash_id.hpp"
#include "merkle/proof_batch.hpp"

namespace chopmark::python {

/// TypeError unless a str, ValueError unless sha256, blake3 or sm3.
[[nodiscard]] HashId tree_hash(py::handle hash);

/// Any number of digests, side by side: an (n, 32) uint8 array or a sequence of 32 bytes each.
/// TypeError for a wrong type or dtype, ValueError for another shape.
class PackedDigests {
 public:
  PackedDigests(py::handle object, const char* what);
  [[nodiscard]] ByteView bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

 private:
  ItemsArgument items_;
  Bytes copy_;
  ByteView bytes_;
};

/// `count` digests as PackedDigests takes them or, where `may_be_one`, 32 bytes that stand for all.
class DigestsArgument {
 public:
  DigestsArgument(py::handle object, const char* what, std::size_t count, bool may_be_one);
  [[nodiscard]] merkle::Digests get() const noexcept { return digests_; }

 private:
  std::unique_ptr<Buffer> one_;
  std::unique_ptr<PackedDigests> many_;
  merkle::Digests digests_{};
};

/// `count` sizes: (n,) integers, or one that stands for all. One that is negative or does not fit
/// 63 bits becomes 2^63 or more.
class SizesArgument {
 public:
  SizesArgument(py::handle object, const char* what, std::size_t count);
  [[nodiscard]] merkle::Sizes get() const noexcept { return {values_, one_for_all_}; }

 private:
  std::vector<std::uint64_t> values_;
  bool one_for_all_ = false;
};

/// Proofs in rows: steps (n, depth, 32) uint8, lengths (n,) integers.
class ProofRowsArgument {
 public:
  ProofRowsArgument(py::handle steps, py::handle lengths);
  [[nodiscard]] std::size_t size() const noexcept { return lengths_.size(); }
  [[nodiscard]] merkle::ProofRows get() const noexcept {
    return {steps_->bytes().data(), depth_, lengths_};
  }

 private:
  std::unique_ptr<Buffer> steps_;
  std::size_t depth_ = 0;
  std::vector<std::uint64_t> lengths_;
};

}  // namespace chopmark::python
