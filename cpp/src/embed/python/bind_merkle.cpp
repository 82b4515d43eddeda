// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "embed/python/bindings.hpp"
#include "embed/python/buffers.hpp"
#include "embed/python/locked.hpp"
#include "embed/python/merkle_arguments.hpp"
#include "hash/hash_id.hpp"
#include "merkle/frontier.hpp"
#include "merkle/log.hpp"
#include "merkle/proof.hpp"
#include "merkle/proof_batch.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::python {
namespace {

using ByteRows = py::array_t<std::uint8_t>;
using LengthRows = py::array_t<std::int64_t>;

/// A digest argument; empty when it has another length than 32.
std::optional<Digest> digest_argument(py::handle value, const char* what) {
  const Buffer buffer(value, what);
  if (buffer.bytes().size() != 32) return std::nullopt;
  return digest_from(buffer.bytes().data());
}

/// A proof argument; empty when an item has another length than 32.
std::optional<std::vector<Digest>> proof_argument(py::handle value) {
  const ItemsArgument argument(value, "proof");
  std::vector<Digest> proof;
  for (std::size_t i = 0; i < argument.size(); ++i) {
    if (argument.items()[i].size() != 32) return std::nullopt;
    proof.push_back(digest_from(argument.items()[i].data()));
  }
  return proof;
}

ListOfBytes to_list(const std::vector<Digest>& digests) {
  ListOfBytes list;
  for (const Digest& digest : digests)
    list.append(to_bytes(digest));
  return list;
}

/// chopmark.merkle.Log.
class SharedLog {
 public:
  explicit SharedLog(py::handle hash) : log_(tree_hash(hash)) {}

  std::uint64_t append(py::handle data) {
    const Buffer buffer(data, "data");
    return log_.use([&](merkle::Log& log) { return log.append(buffer.bytes()); });
  }

  std::pair<std::uint64_t, std::uint64_t> extend(py::handle items, py::handle threads) {
    const unsigned workers = thread_count(threads);
    const ItemsArgument argument(items, "items");
    return log_.use([&](merkle::Log& log) {
      const std::uint64_t first = log.size();
      log.extend(argument.items(), workers);
      return std::pair{first, log.size()};
    });
  }

  std::pair<std::uint64_t, std::uint64_t> extend_hashes(py::handle hashes, py::handle threads) {
    const unsigned workers = thread_count(threads);
    const PackedDigests packed(hashes, "leaf_hashes");
    return log_.use([&](merkle::Log& log) {
      const std::uint64_t first = log.size();
      log.extend_hashes(packed.bytes(), workers);
      return std::pair{first, log.size()};
    });
  }

  ByteRows leaf_hashes(py::handle start, py::handle stop) {
    const auto from = position(start, "start");
    const Wanted wanted = size_argument(stop, "stop");
    const std::uint64_t now = size();
    const std::uint64_t to = wanted.or_now(now);
    const bool inside = from && *from <= to && to <= now;
    if (!inside) throw out_of_range("start or stop", now);
    ByteRows rows({static_cast<py::ssize_t>(to - *from), py::ssize_t{32}});
    std::uint8_t* const out = rows.mutable_data();
    const bool copied = log_.use([&](merkle::Log& log) {
      if (to > log.size()) return false;  // another thread has rolled it back meanwhile
      const auto hashes = log.leaves().subspan(*from, to - *from);
      if (!hashes.empty()) std::memcpy(out, hashes.data(), hashes.size_bytes());
      return true;
    });
    if (!copied) throw out_of_range("start or stop", size());
    return rows;
  }

  void truncate(py::handle size) {
    const auto wanted = position(size, "size");
    std::uint64_t now = 0;
    const bool done = log_.use([&](merkle::Log& log) {
      now = log.size();
      if (!wanted || *wanted > now) return false;
      log.truncate(*wanted);
      return true;
    });
    if (!done) throw out_of_range("size", now);
  }

  std::uint64_t size() {
    return log_.use([&](merkle::Log& log) { return log.size(); });
  }

  py::bytes root(py::handle size) {
    const Wanted wanted = size_argument(size, "size");
    std::uint64_t now = 0;
    const auto root = log_.use([&](merkle::Log& log) -> std::optional<Digest> {
      now = log.size();
      const std::uint64_t at = wanted.or_now(now);
      if (at > now) return std::nullopt;
      return log.root(at);
    });
    if (!root) throw out_of_range("size", now);
    return to_bytes(*root);
  }

  ListOfBytes prove_inclusion(py::handle index, py::handle size) {
    const auto leaf = position(index, "index");
    const Wanted wanted = size_argument(size, "size");
    std::uint64_t now = 0;
    const auto proof = log_.use([&](merkle::Log& log) -> std::optional<std::vector<Digest>> {
      now = log.size();
      const std::uint64_t at = wanted.or_now(now);
      if (!leaf || at > now || *leaf >= at) return std::nullopt;
      return log.prove_inclusion(*leaf, at);
    });
    if (!proof) throw out_of_range("index or size", now);
    return to_list(*proof);
  }

  ListOfBytes prove_consistency(py::handle old_size, py::handle new_size) {
    const auto from = position(old_size, "old");
    const Wanted wanted = size_argument(new_size, "new");
    std::uint64_t now = 0;
    const auto proof = log_.use([&](merkle::Log& log) -> std::optional<std::vector<Digest>> {
      now = log.size();
      const std::uint64_t at = wanted.or_now(now);
      if (!from || at > now || *from > at) return std::nullopt;
      return log.prove_consistency(*from, at);
    });
    if (!proof) throw out_of_range("old or new size", now);
    return to_list(*proof);
  }

  std::pair<ByteRows, LengthRows> prove_inclusion_many(py::handle indexes, py::handle size,
                                                       py::handle threads, py::handle steps,
                                                       py::handle lengths) {
    return prove_many(integers_argument(indexes, "indexes"), size_argument(size, "size"), threads,
                      {steps, lengths}, "index or size", 1, merkle::inclusion_depth,
                      &merkle::Log::prove_inclusion_many);
  }

  std::pair<ByteRows, LengthRows> prove_consistency_many(py::handle olds, py::handle size,
                                                         py::handle threads, py::handle steps,
                                                         py::handle lengths) {
    return prove_many(integers_argument(olds, "olds"), size_argument(size, "new"), threads,
                      {steps, lengths}, "old or new size", 0, merkle::consistency_depth,
                      &merkle::Log::prove_consistency_many);
  }

 private:
  using ProveMany = void (merkle::Log::*)(std::span<const std::uint64_t>, std::uint64_t, unsigned,
                                          const merkle::ProofRowsOut&) const;

  struct ProofsOut {  // arrays, or None for new ones
    py::handle steps;
    py::handle lengths;
  };

  struct Wanted {
    bool now = true;  // None: the present size
    std::uint64_t size = 0;
    [[nodiscard]] std::uint64_t or_now(std::uint64_t present) const { return now ? present : size; }
  };

  /// Positions are below or, with `above` 0, at most the size.
  std::pair<ByteRows, LengthRows> prove_many(const std::vector<std::uint64_t>& positions,
                                             const Wanted& wanted, py::handle threads,
                                             const ProofsOut& given, const char* what,
                                             std::uint64_t above,
                                             std::size_t (*depth_of)(std::uint64_t) noexcept,
                                             ProveMany prove) {
    const unsigned workers = thread_count(threads);
    const std::uint64_t now = size();
    const std::uint64_t at = wanted.or_now(now);
    const auto outside = [&](std::uint64_t one) { return one > at || at - one < above; };
    if (at > now || std::any_of(positions.begin(), positions.end(), outside))
      throw out_of_range(what, now);
    const auto count = static_cast<py::ssize_t>(positions.size());
    ByteRows steps =
        byte_result(given.steps, {count, static_cast<py::ssize_t>(depth_of(at)), py::ssize_t{32}});
    LengthRows lengths = length_result(given.lengths, positions.size());
    const merkle::ProofRowsOut out{steps.mutable_data(),
                                   reinterpret_cast<std::uint64_t*>(lengths.mutable_data())};
    const bool proven = log_.use([&](merkle::Log& log) {
      if (at > log.size()) return false;  // another thread has rolled it back meanwhile
      (log.*prove)(positions, at, workers, out);
      return true;
    });
    if (!proven) throw out_of_range(what, size());
    return {steps, lengths};
  }

  static Wanted size_argument(py::handle value, const char* what) {
    if (value.is_none()) return {};
    return {false, position(value, what).value_or(UINT64_MAX)};
  }

  static py::value_error out_of_range(const char* what, std::uint64_t size) {
    return py::value_error(std::string(what) + " out of range: the log has " +
                           std::to_string(size) + " entries");
  }

  Locked<merkle::Log> log_;
};

/// chopmark.merkle.Frontier.
class SharedFrontier {
 public:
  explicit SharedFrontier(py::handle hash) : frontier_(tree_hash(hash)) {}

  void extend(py::handle items, py::handle threads) {
    const unsigned workers = thread_count(threads);
    const ItemsArgument argument(items, "items");
    frontier_.use([&](merkle::Frontier& frontier) { frontier.extend(argument.items(), workers); });
  }

  void extend_hashes(py::handle hashes, py::handle threads) {
    const unsigned workers = thread_count(threads);
    const PackedDigests packed(hashes, "leaf_hashes");
    frontier_.use(
        [&](merkle::Frontier& frontier) { frontier.extend_hashes(packed.bytes(), workers); });
  }

  std::uint64_t size() {
    return frontier_.use([](merkle::Frontier& frontier) { return frontier.size(); });
  }

  py::bytes root() {
    return to_bytes(frontier_.use([](merkle::Frontier& frontier) { return frontier.root(); }));
  }

 private:
  Locked<merkle::Frontier> frontier_;
};

bool check_inclusion(py::handle leaf, py::handle index, py::handle size, py::handle proof,
                     py::handle root, py::handle hash) {
  const HashId id = tree_hash(hash);
  const auto leaf_digest = digest_argument(leaf, "leaf_hash");
  const auto at = position(index, "index");
  const auto count = position(size, "size");
  const auto path = proof_argument(proof);
  const auto root_digest = digest_argument(root, "root");
  if (!leaf_digest || !at || !count || !path || !root_digest) return false;
  return merkle::verify_inclusion(id, *leaf_digest, *at, *count, *path, *root_digest);
}

bool check_consistency(py::handle old_size, py::handle new_size, py::handle proof,
                       py::handle old_root, py::handle new_root, py::handle hash) {
  const HashId id = tree_hash(hash);
  const auto from = position(old_size, "old_size");
  const auto to = position(new_size, "new_size");
  const auto path = proof_argument(proof);
  const auto old_digest = digest_argument(old_root, "old_root");
  const auto new_digest = digest_argument(new_root, "new_root");
  if (!from || !to || !path || !old_digest || !new_digest) return false;
  return merkle::verify_consistency(id, *from, *to, *path, *old_digest, *new_digest);
}

py::array_t<bool> check_inclusion_many(py::handle leaves, py::handle indexes, py::handle sizes,
                                       py::handle steps, py::handle lengths, py::handle roots,
                                       py::handle hash, py::handle threads) {
  const HashId id = tree_hash(hash);
  const unsigned workers = thread_count(threads);
  const ProofRowsArgument proofs(steps, lengths);
  const std::size_t count = proofs.size();
  const DigestsArgument leaf_digests(leaves, "leaf_hashes", count, false);
  const std::vector<std::uint64_t> at = integers_argument(indexes, "indexes");
  if (at.size() != count) throw py::value_error("indexes must be as many as the proofs");
  const SizesArgument size(sizes, "sizes", count);
  const DigestsArgument root_digests(roots, "roots", count, true);
  const merkle::InclusionClaims claims{leaf_digests.get(), at, size.get(), root_digests.get()};
  py::array_t<bool> verdicts(static_cast<py::ssize_t>(count));
  auto* const to = reinterpret_cast<std::uint8_t*>(verdicts.mutable_data());
  {
    const py::gil_scoped_release release;
    merkle::verify_inclusion_many(id, claims, proofs.get(), workers, to);
  }
  return verdicts;
}

py::array_t<bool> check_consistency_many(py::handle old_sizes, py::handle new_sizes,
                                         py::handle steps, py::handle lengths, py::handle old_roots,
                                         py::handle new_roots, py::handle hash,
                                         py::handle threads) {
  const HashId id = tree_hash(hash);
  const unsigned workers = thread_count(threads);
  const ProofRowsArgument proofs(steps, lengths);
  const std::size_t count = proofs.size();
  const SizesArgument from(old_sizes, "old_sizes", count);
  const SizesArgument to_size(new_sizes, "new_sizes", count);
  const DigestsArgument old_digests(old_roots, "old_roots", count, true);
  const DigestsArgument new_digests(new_roots, "new_roots", count, true);
  const merkle::ConsistencyClaims claims{from.get(), to_size.get(), old_digests.get(),
                                         new_digests.get()};
  py::array_t<bool> verdicts(static_cast<py::ssize_t>(count));
  auto* const to = reinterpret_cast<std::uint8_t*>(verdicts.mutable_data());
  {
    const py::gil_scoped_release release;
    merkle::verify_consistency_many(id, claims, proofs.get(), workers, to);
  }
  return verdicts;
}

}  // namespace

void bind_merkle(py::module_& core) {
  py::module_ m = core.def_submodule("merkle");
  m.def(
      "leaf_hash",
      [](py::handle data, py::handle hash) {
        const HashId id = tree_hash(hash);
        return to_bytes(merkle::leaf_hash(id, Buffer(data, "data").bytes()));
      },
      py::arg("data"), py::arg("hash"));
  m.def(
      "root",
      [](py::handle leaves, py::handle hash, py::handle threads) {
        const HashId id = tree_hash(hash);
        const unsigned workers = thread_count(threads);
        const ItemsArgument argument(leaves, "leaves");
        Digest root;
        {
          const py::gil_scoped_release release;
          root = merkle::root_of(id, argument.items(), workers);
        }
        return to_bytes(root);
      },
      py::arg("leaves"), py::arg("hash"), py::arg("threads"));
  m.def("check_inclusion", &check_inclusion, py::arg("leaf_hash"), py::arg("index"),
        py::arg("size"), py::arg("proof"), py::arg("root"), py::arg("hash"));
  m.def("check_consistency", &check_consistency, py::arg("old_size"), py::arg("new_size"),
        py::arg("proof"), py::arg("old_root"), py::arg("new_root"), py::arg("hash"));
  m.def("check_inclusion_many", &check_inclusion_many, py::arg("leaf_hashes"), py::arg("indexes"),
        py::arg("sizes"), py::arg("steps"), py::arg("lengths"), py::arg("roots"), py::arg("hash"),
        py::arg("threads"));
  m.def("check_consistency_many", &check_consistency_many, py::arg("old_sizes"),
        py::arg("new_sizes"), py::arg("steps"), py::arg("lengths"), py::arg("old_roots"),
        py::arg("new_roots"), py::arg("hash"), py::arg("threads"));
  py::class_<SharedLog>(m, "Log")
      .def(py::init<py::handle>(), py::arg("hash"))
      .def("append", &SharedLog::append, py::arg("data"))
      .def("extend", &SharedLog::extend, py::arg("items"), py::arg("threads"))
      .def("extend_hashes", &SharedLog::extend_hashes, py::arg("leaf_hashes"), py::arg("threads"))
      .def("leaf_hashes", &SharedLog::leaf_hashes, py::arg("start"), py::arg("stop"))
      .def("truncate", &SharedLog::truncate, py::arg("size"))
      .def_property_readonly("size", &SharedLog::size)
      .def("root", &SharedLog::root, py::arg("size"))
      .def("prove_inclusion", &SharedLog::prove_inclusion, py::arg("index"), py::arg("size"))
      .def("prove_consistency", &SharedLog::prove_consistency, py::arg("old"), py::arg("new"))
      .def("prove_inclusion_many", &SharedLog::prove_inclusion_many, py::arg("indexes"),
           py::arg("size"), py::arg("threads"), py::arg("steps"), py::arg("lengths"))
      .def("prove_consistency_many", &SharedLog::prove_consistency_many, py::arg("olds"),
           py::arg("new"), py::arg("threads"), py::arg("steps"), py::arg("lengths"));
  py::class_<SharedFrontier>(m, "Frontier")
      .def(py::init<py::handle>(), py::arg("hash"))
      .def("extend", &SharedFrontier::extend, py::arg("items"), py::arg("threads"))
      .def("extend_hashes", &SharedFrontier::extend_hashes, py::arg("leaf_hashes"),
           py::arg("threads"))
      .def_property_readonly("size", &SharedFrontier::size)
      .def("root", &SharedFrontier::root);
}

}  // namespace chopmark::python
